package doctor

import (
	"encoding/json"
	"net/netip"
	"time"

	"vpcetrail/classify/inside"
)

// jsonExamination is an examination for programs. Fields are only ever added.
type jsonExamination struct {
	At       time.Time     `json:"at"`
	Status   int           `json:"exit_status"`
	Seconds  float64       `json:"seconds"`
	Bound    float64       `json:"limit_seconds"`
	Machine  jsonMachine   `json:"machine"`
	Outside  jsonOutside   `json:"internet"`
	Services []jsonService `json:"services"`
	Signed   []signed      `json:"signed_calls,omitempty"`
	Marker   *string       `json:"user_agent_marker,omitempty"`
	Analyses []analysis    `json:"analyses,omitempty"`
	Notes    []string      `json:"notes"`
}

type jsonMachine struct {
	Instance  *string        `json:"instance_id"`
	Interface *string        `json:"network_interface_id"`
	VPC       *string        `json:"vpc_id"`
	Subnet    *string        `json:"subnet_id"`
	Region    string         `json:"region"`
	Zone      *string        `json:"availability_zone"`
	Account   *string        `json:"account_id"`
	Public    *string        `json:"public_ipv4"`
	CIDRs     []netip.Prefix `json:"vpc_cidrs"`
	Resolvers []netip.Addr   `json:"name_servers"`
	Calls     string         `json:"called_region"`
	CallsBy   *string        `json:"called_region_set_by"`
}

type jsonOutside struct {
	Checked bool    `json:"checked"`
	Reached bool    `json:"reached"`
	Host    *string `json:"host"`
}

type jsonService struct {
	Service string     `json:"service"`
	Path    string     `json:"path"`
	Reason  string     `json:"reason"`
	Why     string     `json:"why"`
	Do      []string   `json:"do"`
	Names   []jsonHost `json:"names"`
}

type jsonHost struct {
	Name      string        `json:"name"`
	Class     string        `json:"class"`
	Lookup    string        `json:"lookup"`
	Answers   string        `json:"answers"`
	Path      string        `json:"path"`
	Reason    string        `json:"reason"`
	Detail    *string       `json:"lookup_detail"`
	Server    *string       `json:"lookup_server"`
	Aliases   []string      `json:"aliases"`
	Search    *string       `json:"search_domain"`
	CNAME     *string       `json:"endpoint_by_dns"`
	Setting   *string       `json:"set_by"`
	Proxy     *string       `json:"proxy"`
	ByAmazon  *string       `json:"answers_of_amazon_resolver"`
	Count     int           `json:"addresses_found"`
	Addresses []jsonAddress `json:"addresses"`
}

type jsonAddress struct {
	IP         netip.Addr `json:"address"`
	Kind       string     `json:"kind"`
	Connection *string    `json:"connection"`
	Detail     *string    `json:"detail"`
	CertNames  []string   `json:"certificate_names"`
	Issuer     *string    `json:"certificate_issuer"`
	Endpoint   *string    `json:"vpc_endpoint_id"`
	Holder     *string    `json:"other_interface_id"`
	PrefixList *string    `json:"prefix_list"`
	Table      *string    `json:"route_table_id"`
	Route      *string    `json:"route_to"`
	Via        *string    `json:"route_via"`
}

// shownAddresses is how many addresses of a name JSON has. DNS may return any number.
const shownAddresses = 16

// json returns the examination as indented JSON.
func (e *examination) json() ([]byte, error) {
	j := jsonExamination{
		At: e.At, Status: e.status(), Seconds: seconds(e.Took), Bound: seconds(e.Bound), Signed: e.Signed, Marker: orNull(e.Marker), Analyses: e.Analyses,
		Machine: jsonMachine{orNull(e.Instance), orNull(e.Interface), orNull(e.VPC), orNull(e.Subnet), e.Region, orNull(e.Zone), orNull(e.Account),
			orNull(e.PublicIPv4), append([]netip.Prefix{}, e.CIDRs...), append([]netip.Addr{}, e.Resolvers...), e.Calls, orNull(e.callsBy)},
		Outside: jsonOutside{e.OutsideAsked || e.OutsideReached, e.OutsideReached, orNull(e.Outside)},
		Notes:   append([]string{}, e.Notes...),
	}
	for _, s := range e.Services {
		js := jsonService{Service: string(s.Name), Path: string(s.Path()), Reason: string(s.Hosts[0].Reason), Why: s.Why, Do: append([]string{}, s.Do...)}
		for _, h := range s.Hosts {
			js.Names = append(js.Names, newJSONHost(h))
		}
		j.Services = append(j.Services, js)
	}
	return json.MarshalIndent(j, "", "  ")
}

func newJSONHost(h *inside.Host) jsonHost {
	j := jsonHost{
		Name: h.Host, Class: string(h.Class), Lookup: string(h.Lookup), Answers: h.Kinds(), Path: string(h.Path), Reason: string(h.Reason),
		Detail: orNull(h.Detail), Server: orNull(h.Server), Aliases: append([]string{}, h.Aliases...), Search: orNull(h.Search), CNAME: orNull(h.CNAME), Setting: orNull(h.Setting), Proxy: orNull(h.Proxy), ByAmazon: orNull(h.ByAmazon), Count: len(h.Addresses), Addresses: []jsonAddress{},
	}
	for i := range h.Addresses[:min(len(h.Addresses), shownAddresses)] {
		a := &h.Addresses[i]
		ja := jsonAddress{IP: a.IP, Kind: a.Kind, Connection: orNull(string(a.Connection)), Detail: orNull(a.Detail), CertNames: append([]string{}, a.CertNames...),
			Issuer: orNull(a.Issuer), Endpoint: orNull(a.Endpoint), Holder: orNull(a.Holder), PrefixList: orNull(a.PrefixList)}
		if w := a.Way; w != nil {
			ja.Table, ja.Route, ja.Via = orNull(w.Table), orNull(w.To), orNull(w.Via)
		}
		j.Addresses = append(j.Addresses, ja)
	}
	return j
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
