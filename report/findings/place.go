package findings

// A place is where a service can be called. An empty account or Region means any.
type place struct{ account, region, service string }
