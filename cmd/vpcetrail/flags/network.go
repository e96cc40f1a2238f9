package flags

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"vpcetrail/classify/network"
	"vpcetrail/cmd/vpcetrail/file"
	netreader "vpcetrail/cmd/vpcetrail/network"
	"vpcetrail/cmd/vpcetrail/terminal"
)

// RegisterNetwork adds the flag for what decides paths to a command.
func (f *Read) RegisterNetwork(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.Network, "network", nil, "what decides network paths: a `FILE` or s3://bucket/key from vpcetrail network, aws to call EC2 and Lambda, or several of these; includes --endpoints")
}

// RegisterNetworks adds the flag for named networks to a command.
func (f *Read) RegisterNetworks(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Networks, "networks", "", "names of your own address ranges: a YAML `FILE` or s3://bucket/key, such as office: [198.51.100.0/24]")
}

// readNetworks reads the file of --networks.
func (in *Input) readNetworks(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	var err error
	in.Networks, err = file.Parse(ctx, "--networks", name, func(text []byte) (*network.Networks, error) {
		in.Optional.Add("networks", text)
		return network.ParseNetworks(text)
	})
	return err
}

// readNetwork reads the files of --network. AskNetwork asks EC2 and Lambda later.
func (in *Input) readNetwork(ctx context.Context, values []string) error {
	if len(values) == 0 {
		return nil
	}
	in.Network = network.New()
	for _, value := range values {
		if value == askAWS {
			in.liveNetwork = true
			continue
		}
		found, err := file.Parse(ctx, "--network", value, func(text []byte) (*network.Snapshot, error) {
			in.Optional.Add("network", text)
			return network.Parse(text)
		})
		if err != nil {
			return orMake(err, "network", value)
		}
		in.addNetwork(found)
	}
	return nil
}

func (in *Input) addNetwork(found *network.Snapshot) {
	in.Network.Merge(found)
	for _, e := range found.Endpoints {
		in.Inventory.Add(e)
	}
}

// AskNetwork adds what EC2 and Lambda describe, if --network requests it. It reports and
// records each call that was refused. What the others returned counts.
func (in *Input) AskNetwork(ctx context.Context, tell *terminal.Messages) error {
	if !in.liveNetwork {
		return nil
	}
	account, err := netreader.Connect(ctx)
	if err != nil {
		return fmt.Errorf("--network aws: %w", err)
	}
	found, unread, err := account.Sweep(ctx, slices.Clone(in.Selection.Regions))
	if err != nil {
		return fmt.Errorf("--network aws: %w", err)
	}
	for _, u := range unread {
		tell.Problem(u.String())
	}
	in.NetworkUnread = unread
	text, err := found.Save()
	if err != nil {
		return fmt.Errorf("--network aws: write: %w", err)
	}
	in.Optional.Add("network", text)
	in.addNetwork(found)
	return nil
}
