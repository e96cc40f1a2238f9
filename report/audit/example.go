package audit

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed examples/*.yaml
var examples embed.FS

// Examples returns the names of the built-in rule files, sorted.
func Examples() (names []string) {
	files, err := examples.ReadDir("examples")
	if err != nil {
		panic("BUG: " + err.Error()) // they are embedded
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return names
}

// Example returns the text of an example.
func Example(name string) (string, error) {
	text, err := examples.ReadFile("examples/" + name + ".yaml")
	if err != nil {
		return "", fmt.Errorf("%q is no example: want %s", name, strings.Join(Examples(), ", "))
	}
	return string(text), nil
}
