package classify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bytedance/sonic"

	"vpcetrail/ingest/event"
)

// An Endpoint is what is known of a VPC endpoint besides its calls; what is not known is empty.
type Endpoint struct {
	ID      string // vpce-…
	Type    string // "gateway" or "interface"
	VPC     string // vpc-…
	Service string // com.amazonaws.us-east-1.sqs
	Account string // the owner's, 12 digits
}

// orElse fills what e leaves empty from other.
func (e Endpoint) orElse(other Endpoint) Endpoint {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&e.ID, other.ID)
	fill(&e.Type, other.Type)
	fill(&e.VPC, other.VPC)
	fill(&e.Service, other.Service)
	fill(&e.Account, other.Account)
	return e
}

// Merge joins two accounts of the same endpoint so that the order of the two makes no difference.
func Merge(a, b Endpoint) Endpoint {
	if b.Type+"|"+b.VPC+"|"+b.Service+"|"+b.Account > a.Type+"|"+a.VPC+"|"+a.Service+"|"+a.Account {
		a, b = b, a
	}
	return a.orElse(b)
}

// described is an endpoint in EC2's words. The API's JSON and CloudTrail's differ in the case of
// the first letter only.
type described struct {
	VpcEndpointID   string `json:"VpcEndpointId"`
	VpcEndpointType string `json:"VpcEndpointType"`
	VpcID           string `json:"VpcId"`
	ServiceName     string `json:"ServiceName"`
	OwnerID         string `json:"OwnerId"`
}

func (d described) endpoint() Endpoint {
	e := Endpoint{ID: d.VpcEndpointID, VPC: d.VpcID, Service: d.ServiceName}
	switch t := strings.ToLower(d.VpcEndpointType); t {
	case "gateway", "interface": // the other types carry no API calls
		e.Type = t
	}
	if IsAccount([]byte(d.OwnerID)) {
		e.Account = d.OwnerID
	}
	return e
}

// ParseInventory reads the output of `aws ec2 describe-vpc-endpoints`; several outputs, one behind
// the other (one for each Region, say), are read as one. The map's key is the endpoint's id.
func ParseInventory(data []byte) (map[string]Endpoint, error) {
	inventory := map[string]Endpoint{}
	documents := json.NewDecoder(bytes.NewReader(data))
	for n := 1; ; n++ {
		var doc struct{ VpcEndpoints *[]described }
		err := documents.Decode(&doc)
		if err == io.EOF && n > 1 {
			return inventory, nil
		}
		if err != nil {
			return nil, fmt.Errorf("not the JSON of aws ec2 describe-vpc-endpoints (document %d): %w", n, brief(err))
		}
		if doc.VpcEndpoints == nil {
			return nil, fmt.Errorf(`document %d has no "VpcEndpoints": give the whole output of aws ec2 describe-vpc-endpoints`, n)
		}
		for i, d := range *doc.VpcEndpoints {
			if !IsEndpointID([]byte(d.VpcEndpointID)) {
				return nil, fmt.Errorf("document %d, VpcEndpoints[%d]: VpcEndpointId %q is not vpce- and 8 or 17 hexadecimal digits", n, i, d.VpcEndpointID)
			}
			inventory[d.VpcEndpointID] = Merge(inventory[d.VpcEndpointID], d.endpoint())
		}
	}
}

// brief says in one line what a JSON decoder found wrong, and where; it quotes one character at most.
func brief(err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return errors.New("it ends too early")
	case errors.As(err, &syntax):
		return fmt.Errorf("at byte %d: %w", syntax.Offset, syntax)
	case errors.As(err, &wrong):
		return fmt.Errorf("at byte %d: a %s cannot stand here", wrong.Offset, wrong.Value)
	}
	return err
}

// TrailEndpoints returns the endpoints that ev, an event of EC2, shows to exist in the account that
// it was delivered to: CreateVpcEndpoint, ModifyVpcEndpoint and DeleteVpcEndpoints, where they
// succeeded. For any other event it returns nil, at the price of a comparison. The strings are
// copies.
func TrailEndpoints(ev *event.Event) []Endpoint {
	if string(ev.Source) != "ec2.amazonaws.com" || Failed(ev) {
		return nil
	}
	var found []Endpoint
	switch string(ev.Name) {
	case "CreateVpcEndpoint":
		var resp struct {
			CreateVpcEndpointResponse struct {
				VpcEndpoint described `json:"vpcEndpoint"`
			}
		}
		// What does not parse tells of no endpoint: such a record is counted like any other.
		if err := sonic.Unmarshal(ev.Response, &resp); err == nil {
			found = append(found, resp.CreateVpcEndpointResponse.VpcEndpoint.endpoint())
		}
	case "ModifyVpcEndpoint", "DeleteVpcEndpoints":
		for _, id := range idsNamed(ev.Request) {
			if !bytes.Contains(ev.Response, []byte(id)) { // the answer to a deletion lists what was not found
				found = append(found, Endpoint{ID: id})
			}
		}
	}
	kept := found[:0]
	for _, e := range found {
		if IsEndpointID([]byte(e.ID)) {
			e.Account = string(ev.Recipient)
			kept = append(kept, e)
		}
	}
	return kept
}

// idsNamed returns the endpoint ids that stand under a key VpcEndpointId anywhere in a request:
// directly, or as {"tag":1,"content":"vpce-…"}, alone or in a list.
func idsNamed(request []byte) []string {
	var parsed any
	if err := sonic.Unmarshal(request, &parsed); err != nil {
		return nil
	}
	var ids []string
	var walk func(v any, under bool)
	walk = func(v any, under bool) {
		switch v := v.(type) {
		case string:
			if under {
				ids = append(ids, strings.Clone(v))
			}
		case []any:
			for _, item := range v {
				walk(item, under)
			}
		case map[string]any:
			for key, item := range v {
				walk(item, strings.EqualFold(key, "VpcEndpointId") || under && key == "content")
			}
		}
	}
	walk(parsed, false)
	return ids
}
