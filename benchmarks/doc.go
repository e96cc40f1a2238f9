// Package benchmarks measures the product's stages, each alone and all together, beside baselines
// that do the same with well-known libraries. It consists of benchmarks and the tests that keep them
// honest. Package sqlcheck checks reports by SQL; command peers times whole processes.
package benchmarks
