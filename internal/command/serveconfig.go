package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the command line of serve leaves out comes from the environment, or from a file.

// serveVariable is what the variables of serve begin with. $KUZZLITE_SERVE_REFRESH_INTERVAL is --refresh-interval.
const serveVariable = "KUZZLITE_SERVE_"

// configFlag names the file.
const configFlag = "config"

// configure sets the flags that the command line has not set: from the environment, and what is not there from the file
// that --config names. A variable or a member of the file that is no flag is an error. An empty variable is as none.
func configure(cmd *cobra.Command) error {
	flags, names := cmd.Flags(), configurable(cmd)
	for _, variable := range os.Environ() {
		variable, value, _ := strings.Cut(variable, "=")
		suffix, ok := strings.CutPrefix(variable, serveVariable)
		if !ok || value == "" {
			continue
		}
		name := strings.ReplaceAll(strings.ToLower(suffix), "_", "-")
		if !slices.Contains(names, name) {
			return usage("$%s: serve has no --%s", variable, name)
		}
		if flags.Changed(name) {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return usage("$%s: %v", variable, err)
		}
	}
	path, err := flags.GetString(configFlag)
	if err != nil || path == "" {
		return err
	}
	return configureFromFile(flags, names, path)
}

// configurable returns the names of the flags that configure sets: those of the command, and --db.
func configurable(cmd *cobra.Command) (names []string) {
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "help" {
			names = append(names, flag.Name)
		}
	})
	if cmd.Flags().Lookup("db") != nil { // in a shell the store is open already
		names = append(names, "db")
	}
	return names
}

// configureFromFile sets flags from a JSON object of values by the names of flags.
func configureFromFile(flags *pflag.FlagSet, names []string, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		return usage("%s must be a JSON object of values by the names of flags: %v", path, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return usage("%s must be one JSON object, and goes on after it", path)
	}
	for name, member := range members {
		if name == configFlag || !slices.Contains(names, name) {
			return usage("%s: serve has no --%s in a file", path, name)
		}
		if flags.Changed(name) || name == "db" && os.Getenv(dbVariable) != "" {
			continue
		}
		values, isList := member.([]any)
		if !isList {
			values = []any{member}
		}
		if isList && flags.Lookup(name).Value.Type() != "stringSlice" {
			return usage("%s: %s must be one value, and is a list", path, name)
		}
		for _, value := range values {
			if err := setFlag(flags, name, value); err != nil {
				return usage("%s: %s: %v", path, name, err)
			}
		}
	}
	return nil
}

// setFlag sets a flag to a value of JSON: to a bool only what is one, so that a flag means what the file says.
func setFlag(flags *pflag.FlagSet, name string, value any) error {
	wantsBool := flags.Lookup(name).Value.Type() == "bool"
	switch value := value.(type) {
	case bool:
		if wantsBool {
			return flags.Set(name, fmt.Sprint(value))
		}
	case string:
		if !wantsBool {
			return flags.Set(name, value)
		}
	case json.Number:
		if !wantsBool {
			return flags.Set(name, value.String())
		}
	}
	if wantsBool {
		return fmt.Errorf("must be true or false")
	}
	return fmt.Errorf("must be a text or a number")
}
