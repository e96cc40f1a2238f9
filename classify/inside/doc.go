// Package inside decides by which path calls leave a machine for an AWS service, by what
// checks on this machine found: answers of DNS, connections, and what EC2 says of the
// subnet. Its functions are pure.
//
// Each check proves something, and no more. A private answer and a certificate for the name
// prove an interface endpoint. A public answer proves nothing for services with gateway
// endpoints: these do not change DNS. There the route of the subnet decides, or that nothing
// else outside can be reached. What is not proven is Undecided.
package inside
