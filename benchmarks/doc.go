// Package benchmarks measures the stages of the product, each alone and all together, and
// compares them with baselines that do the same with well-known libraries. It contains
// benchmarks and the tests that keep them honest. Package sqlcheck checks reports by SQL.
// Command peers times whole processes.
package benchmarks
