package command

import (
	"bufio"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Long:    `Version prints the version of the module, and the commit and the Go release it was built from.`,
		Example: `  kuzzlite version`,
		Args:    positional,
		RunE:    func(*cobra.Command, []string) error { return a.out.facts(versionFacts()...) },
	}
}

// versionText is what the command prints.
func (a *app) versionText() string {
	var text strings.Builder
	o := &output{Writer: bufio.NewWriter(&text), terminal: a.out.terminal}
	_ = o.facts(versionFacts()...)
	_ = o.Flush()
	return text.String()
}

func versionFacts() []fact {
	version, commit := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		commit = revision(info.Settings)
	}
	return []fact{
		{"version", version, version},
		{"commit", commit, commit},
		{"go", runtime.Version(), runtime.Version()},
		{"platform", runtime.GOOS + "/" + runtime.GOARCH, runtime.GOOS + "/" + runtime.GOARCH},
	}
}

// revision returns the commit that was built, marked if there were changes beside it; "" if it is not known.
func revision(settings []debug.BuildSetting) string {
	commit, dirty := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}
