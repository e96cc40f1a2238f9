package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/cmd/vpcetrail/inventory"
)

// askAWS is the value of --endpoints that means EC2 itself. For a file of this name,
// write ./aws.
const askAWS = "aws"

// readInventories reads the files of --endpoints. askEC2 asks EC2 later.
func (in *input) readInventories(values []string) error {
	in.inventory, in.optional = endpoints.Inventory{}, optionalInputs{}
	for _, value := range values {
		if value == askAWS {
			in.live = true
			continue
		}
		data, err := os.ReadFile(value)
		if err != nil {
			return fmt.Errorf("--endpoints: %w", err)
		}
		found, err := endpoints.ParseInventory(data)
		if err != nil {
			return fmt.Errorf("--endpoints: %s: %w", value, err)
		}
		in.optional.add("endpoints", data)
		for _, e := range found {
			in.inventory.Add(e)
		}
	}
	return nil
}

// askEC2 adds the endpoints that EC2 lists to the inventory, if --endpoints requests
// it. It reports and records each Region that cannot be read. The other Regions count.
func (in *input) askEC2(ctx context.Context, tell *messages) error {
	if !in.live {
		return nil
	}
	ec2, err := inventory.Connect(ctx)
	if err != nil {
		return fmt.Errorf("--endpoints aws: %w", err)
	}
	answer, err := ec2.Describe(ctx, slices.Clone(in.selection.Regions))
	if err != nil {
		return fmt.Errorf("--endpoints aws: %w", err)
	}
	for _, u := range answer.Unread {
		tell.problem(u.String())
		in.regionsUnread = append(in.regionsUnread, u.Region)
	}
	told := endpoints.Inventory{}
	for _, e := range answer.Endpoints {
		told.Add(e)
		in.inventory.Add(e)
	}
	in.regionsAsked = answer.Read
	text, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("--endpoints aws: write: %w", err)
	}
	in.optional.add("endpoints", text)
	return nil
}
