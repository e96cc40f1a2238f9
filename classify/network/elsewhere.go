package network

import "slices"

// isAt reports whether a call of an instance came from where the instance is: one of its
// interfaces, a NAT gateway of its VPC, or an IPv6 address of the VPC.
func (v *View) isAt(instance *Thing, p Path) bool {
	_, at := cutNetwork(p.Place)
	if at == instance.VPC {
		return true
	}
	place := v.byID[at]
	if place == nil {
		return false
	}
	switch place.Kind {
	case Interface:
		return place.Instance == instance.ID || place.VPC == instance.VPC
	case NATGateway:
		return place.VPC == instance.VPC
	}
	return false
}

// elsewhere returns the answer for a call with the credentials of an instance from an
// address that the instance cannot have. Only where every other way is excluded, the keys
// are elsewhere.
func (v *View) elsewhere(instance *Thing, p Path) Answer {
	vpc := v.byID[instance.VPC]
	a := unexplained(OtherWays)
	a.VPC, a.Region, a.Subnets, a.Detail = instance.VPC, instance.Region, instance.Subnets, instance.ID
	place := Place{instance.Account, instance.Region}
	interfaces := slices.DeleteFunc(slices.Clone(v.inVPC[instance.VPC][Interface]), func(t *Thing) bool { return t.Instance != instance.ID })
	network, at := cutNetwork(p.Place)
	since := func(t *Thing) bool { return t.Since == "" || t.Since >= v.start }
	switch {
	case vpc == nil || !vpc.owned() || !v.read(place, CallInterfaces, CallInstances, CallNATGateways, CallRouteTables):
		a.Reason = NotRead
	case len(interfaces) == 0 || since(instance) || slices.ContainsFunc(interfaces, since):
		a.Reason = InstanceNew
	case at == placeChanged || v.moved[place] || v.changesAny(append(interfaces, instance)):
		a.Reason = AddressChanged
	case network != "": // may be a proxy
		a.Reason, a.Detail = FromNetwork, network
	}
	if a.Reason != OtherWays {
		return a
	}
	if c, changed := v.changed(vpc); changed {
		a.Reason, a.Detail = Changed, c.Event+" at "+stamp(c.At)
		return a
	}
	if via := v.leadsElsewhere(vpc.ID, true); via != "" {
		a.Detail = via
		return a
	}
	if slices.ContainsFunc(v.inVPC[vpc.ID][NATGateway], func(t *Thing) bool { return t.Regional }) {
		return a
	}
	a.Cause, a.Reason = KeysElsewhere, NotItsAddress
	return a
}

func (v *View) changesAny(things []*Thing) bool {
	return slices.ContainsFunc(things, func(t *Thing) bool { _, changed := v.changedIDs[t.ID]; return changed })
}
