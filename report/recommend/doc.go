// Package recommend says which VPC endpoints to create, associate, keep, remove or
// replace, with the arithmetic. It reads what a report counted, the network as the
// snapshot of the last day shows it, and a file of prices.
//
// It does not guess. Calls alone are no bytes: where the bytes are not known, it gives the
// volume at which an endpoint pays. An endpoint without calls may be in use, since a trail
// does not record all calls: only metrics prove that it is not. What the input does not
// prove is CannotTell, with what would prove it.
package recommend
