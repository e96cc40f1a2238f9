package findings

// A place is where a service can be called. The account and the Region are empty where any is meant.
type place struct{ account, region, service string }
