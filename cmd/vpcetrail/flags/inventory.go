package flags

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/cmd/vpcetrail/file"
	"vpcetrail/cmd/vpcetrail/inventory"
	"vpcetrail/cmd/vpcetrail/terminal"
)

// askAWS is the value of --endpoints that means EC2 itself. For a file of this name,
// write ./aws.
const askAWS = "aws"

// readInventories reads the files of --endpoints. AskEC2 asks EC2 later.
func (in *Input) readInventories(ctx context.Context, values []string) error {
	in.Inventory, in.Optional = endpoints.Inventory{}, OptionalInputs{}
	for _, value := range values {
		if value == askAWS {
			in.live = true
			continue
		}
		found, err := file.Parse(ctx, "--endpoints", value, func(text []byte) (endpoints.Inventory, error) {
			in.Optional.Add("endpoints", text)
			return parseInventory(text)
		})
		if err != nil {
			return orMake(err, "endpoints", value)
		}
		for _, e := range found {
			in.Inventory.Add(e)
		}
	}
	return nil
}

// orMake adds to the error of a file that does not exist how to make it: by the command of
// the flag's name.
func orMake(err error, flag, name string) error {
	if !file.IsMissing(err) {
		return err
	}
	return fmt.Errorf("%w: make it once by vpcetrail %[2]s --%[2]s aws -o %[3]s", err, flag, name)
}

// parseInventory reads an inventory, or the one that a snapshot of vpcetrail network
// contains.
func parseInventory(data []byte) (endpoints.Inventory, error) {
	if !network.IsSnapshot(data) {
		return endpoints.ParseInventory(data)
	}
	s, err := network.Parse(data)
	if err != nil {
		return nil, err
	}
	return s.Endpoints, nil
}

// AskEC2 adds the endpoints that EC2 lists to the inventory, if --endpoints requests
// it. It reports and records each Region that cannot be read. The other Regions count.
func (in *Input) AskEC2(ctx context.Context, tell *terminal.Messages) error {
	if !in.live {
		return nil
	}
	ec2, err := inventory.Connect(ctx)
	if err != nil {
		return fmt.Errorf("--endpoints aws: %w", err)
	}
	answer, err := ec2.Describe(ctx, slices.Clone(in.Selection.Regions))
	if err != nil {
		return fmt.Errorf("--endpoints aws: %w", err)
	}
	for _, u := range answer.Unread {
		tell.Problem(u.String())
		in.RegionsUnread = append(in.RegionsUnread, u.Region)
	}
	listed := endpoints.Inventory{}
	for _, e := range answer.Endpoints {
		listed.Add(e)
		in.Inventory.Add(e)
	}
	in.RegionsAsked = answer.Read
	text, err := json.Marshal(listed)
	if err != nil {
		return fmt.Errorf("--endpoints aws: write: %w", err)
	}
	in.Optional.Add("endpoints", text)
	return nil
}
