package command

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// configured runs serve as far as its flags, and returns their values, with the error.
func configured(t *testing.T, file string, args ...string) (values map[string]string, err error) {
	t.Helper()
	if file != "" {
		path := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	a := &app{}
	root := &cobra.Command{SilenceErrors: true, SilenceUsage: true}
	root.PersistentFlags().StringVar(&a.db, "db", os.Getenv(dbVariable), "")
	cmd := a.serve()
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := configure(cmd); err != nil {
			return err
		}
		values = map[string]string{}
		for _, name := range configurable(cmd) {
			if flag := cmd.Flags().Lookup(name); flag.Changed {
				values[name] = flag.Value.String()
			}
		}
		delete(values, configFlag)
		return nil
	}
	root.AddCommand(cmd)
	root.SetArgs(append([]string{"serve"}, args...))
	return values, root.Execute()
}

// The command line comes before the environment, and the environment before the file.
func TestServeConfigured(t *testing.T) {
	const file = `{"listen": "127.0.0.1:3", "memory": true, "refresh-interval": "3s", "seed": 18446744073709551615,
		"origin": ["https://a.example", "https://b.example"], "db": "file.db"}`
	for _, tt := range []struct {
		name, file  string
		environment map[string]string
		args        []string
		want        map[string]string
	}{
		{"nothing", "", nil, nil, map[string]string{}},
		{"an empty file", "{}", nil, nil, map[string]string{}},
		{"file", file, nil, nil, map[string]string{
			"listen": "127.0.0.1:3", "memory": "true", "refresh-interval": "3s", "seed": "18446744073709551615",
			"origin": "[https://a.example,https://b.example]", "db": "file.db",
		}},
		{
			"all", file,
			map[string]string{
				"KUZZLITE_SERVE_REFRESH_INTERVAL": "2s", "KUZZLITE_SERVE_LISTEN": "127.0.0.1:2", "KUZZLITE_SERVE_SEED": "",
				"KUZZLITE_SERVE_ORIGIN": "https://c.example,https://d.example", "KUZZLITE_DB": "environment.db",
			},
			[]string{"--listen", "127.0.0.1:1", "--memory=false"},
			map[string]string{
				"listen": "127.0.0.1:1", "memory": "false", "refresh-interval": "2s", "seed": "18446744073709551615",
				"origin": "[https://c.example,https://d.example]",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.environment {
				t.Setenv(name, value)
			}
			got, err := configured(t, tt.file, tt.args...)
			if err != nil || !maps.Equal(got, tt.want) {
				t.Errorf("%v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// What is no flag, or no value of its flag, is an error that names the place.
func TestServeConfiguredWrong(t *testing.T) {
	for _, tt := range []struct{ file, variable, want string }{
		{`{"listn": "127.0.0.1:1"}`, "", "config.json: serve has no --listn in a file"},
		{`{"config": "other.json"}`, "", "config.json: serve has no --config in a file"},
		{`{"help": true}`, "", "config.json: serve has no --help in a file"},
		{`{"memory": "true"}`, "", "config.json: memory: must be true or false"},
		{`{"memory": 1}`, "", "config.json: memory: must be true or false"},
		{`{"listen": true}`, "", "config.json: listen: must be a text or a number"},
		{`{"listen": null}`, "", "config.json: listen: must be a text or a number"},
		{`{"listen": ["127.0.0.1:1"]}`, "", "config.json: listen must be one value, and is a list"},
		{`{"refresh-interval": "soon"}`, "", `config.json: refresh-interval: invalid argument "soon"`},
		{`{"seed": 1e3}`, "", `config.json: seed: invalid argument "1e3"`},
		{`["listen"]`, "", "config.json must be a JSON object"},
		{`{} {}`, "", "config.json must be one JSON object"},
		{`{`, "", "config.json must be a JSON object"},
		{"", "KUZZLITE_SERVE_LISTN=127.0.0.1:1", "$KUZZLITE_SERVE_LISTN: serve has no --listn"},
		{"", "KUZZLITE_SERVE_MEMORY=perhaps", `$KUZZLITE_SERVE_MEMORY: invalid argument "perhaps"`},
		{"", "KUZZLITE_SERVE_CONFIG=absent.json", "read the configuration: open absent.json"},
	} {
		t.Run(tt.file+tt.variable, func(t *testing.T) {
			if name, value, ok := strings.Cut(tt.variable, "="); ok {
				t.Setenv(name, value)
			}
			if _, err := configured(t, tt.file); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// The command is served with what the environment and the file say.
func TestServeFromConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(`{"memory": true, "refresh-interval": "1h"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUZZLITE_SERVE_CONFIG", path)
	t.Setenv("KUZZLITE_SERVE_LISTEN", "127.0.0.1:0")
	address := startServing(t)
	for _, args := range [][]string{
		{"index", "create", "a"}, {"collection", "create", "a", "b"}, {"document", "create", "a", "b", "--body", "{}"},
	} {
		if code, _, errs := asks(t, address, args...); code != exitOK {
			t.Fatal(args, errs)
		}
	}
	if _, out, errs := asks(t, address, "document", "count", "a", "b"); !strings.Contains(out, "0") {
		t.Errorf("searches see what was written at once: %s%s", out, errs)
	}
}
