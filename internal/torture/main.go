// The program torture tries to make a store lose an acknowledged write, tear a batch, or answer wrongly, and says with
// figures how often it tried. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/awake"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

func main() {
	harness.Main(commandMain, harnesses...)
}

// commandMain is main of a process that is no child. It returns the exit status.
func commandMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		return 1
	}
	return 0
}

// command is what the command line says.
type command struct {
	harnesses []harness.Harness
	settings  harness.Settings
	dir       string
	results   string
	table     string
	bugTable  bool
}

func parseCommand(args []string, stderr io.Writer) (c command, err error) {
	flags := flag.NewFlagSet("torture", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&c.settings.Short, "short", false, "do as much as CI does, not as much as the goals say")
	flags.IntVar(&c.settings.Count, "count", 0, "`how many` units to do, whatever the goal")
	flags.Uint64Var(&c.settings.Seed, "seed", 0,
		"`seed` of everything that is random (default a new one, which a failure prints)")
	flags.StringVar(&c.dir, "dir", "", "`directory` for stores (default the temporary one)")
	flags.StringVar(&c.results, "results", "", "append a line of JSON for each harness to this `file`")
	flags.BoolVar(&c.settings.Skip, "skip-missing", false,
		"skip, and say so, a harness that cannot run here; otherwise that is an error")
	flags.StringVar(&c.table, "table", "", "only print the outcomes in this `file` as a table")
	flags.StringVar(&awake.Only, "bug", "", "awake plants only the bugs that have this `text` in their names")
	flags.BoolVar(&c.bugTable, "bugs", false, "only print the planted bugs as a table")
	flags.Usage = func() { usage(stderr, flags) }
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if c.table != "" || c.bugTable {
		return c, nil
	}
	if flags.NArg() == 0 {
		usage(stderr, flags)
		return c, errors.New("say which harnesses to run, or all")
	}
	for _, name := range flags.Args() {
		i := slices.IndexFunc(harnesses, func(h harness.Harness) bool { return h.Name == name })
		switch {
		case name == "all":
			c.harnesses = append(c.harnesses, harnesses...)
		case i < 0:
			return c, fmt.Errorf("there is no harness %q: there are %s, and all", name, strings.Join(harnessNames(), ", "))
		default:
			c.harnesses = append(c.harnesses, harnesses[i])
		}
	}
	if c.settings.Seed == 0 {
		c.settings.Seed = uint64(time.Now().UnixNano()) % 1_000_000_007
	}
	return c, nil
}

func usage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintln(w, "usage: torture [flags] HARNESS…\n\nThe harnesses, with how much of each a full run does:")
	for _, h := range harnesses {
		fmt.Fprintf(w, "  %-10s %9s %s: %s\n", h.Name, harness.Grouped(h.Full), h.Unit, h.What)
	}
	fmt.Fprintln(w, "\nThe flags:")
	flags.PrintDefaults()
}

// run is main, but for what main does with the error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := parseCommand(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.table != "" {
		return writeResults(stdout, c.table)
	}
	if c.bugTable {
		awake.WriteBugs(stdout)
		return nil
	}
	return c.run(ctx, stdout)
}

// run runs the harnesses.
func (c command) run(ctx context.Context, stdout io.Writer) error {
	dir, err := os.MkdirTemp(c.dir, "kuzzlite-torture-")
	if err != nil {
		return err
	}
	failed := []string{}
	for _, h := range c.harnesses {
		o := h.Try(ctx, c.settings, filepath.Join(dir, h.Name))
		fmt.Fprintln(stdout, o)
		if ctx.Err() != nil { // an interrupt is no outcome
			return errors.Join(ctx.Err(), os.RemoveAll(dir))
		}
		if err := o.Save(c.results); err != nil {
			return err
		}
		if o.Error != "" {
			failed = append(failed, h.Name)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed: %s; what they left is in %s", strings.Join(failed, ", "), dir)
	}
	return os.RemoveAll(dir)
}
