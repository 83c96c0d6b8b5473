// The program bench compares Kuzzlite with what it is built on and what it is built beside: see README.md.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is main, or the main function of a process that main started.
func run(args []string, stdout, stderr io.Writer) error {
	if os.Getenv(childEnv) != "" {
		return child(os.Stdin, os.Stdout)
	}
	if text := os.Getenv(loaderEnv); text != "" {
		var t loaderTask
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return err
		}
		return loader(t)
	}
	o, err := parseCommand(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case o.list:
		return listWorkloads(o, stdout)
	case o.summary != "":
		return printSummary(o.summary, stdout)
	case o.charts != "":
		return drawCharts(o.charts)
	}
	return o.run(stdout, stderr)
}

// listWorkloads names the workloads that would run.
func listWorkloads(o command, stdout io.Writer) (err error) {
	for _, w := range workloads(o.plan) {
		if o.workload.MatchString(w.name) {
			_, printErr := fmt.Fprintf(stdout, "%-12s %s\n", w.name, w.question)
			err = errors.Join(err, printErr)
		}
	}
	return err
}

// command is what the command line says.
type command struct {
	plan     plan
	workload *regexp.Regexp
	partial  bool // shorter than it should be: results that are no claim
	some     bool // not all workloads
	dir, out string
	profiles string
	list     bool   // only name the workloads
	summary  string // only print what these results say
	charts   string // only draw the charts of these results
	program  string // what contenders' processes run; default: this program, compiled again
}

func parseCommand(args []string, stderr io.Writer) (o command, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "small stores and short rounds, to see that it works")
	pattern := flags.String("workload", "", "run only the workloads whose name matches this `regexp`")
	rounds := flags.Int("rounds", 0, "`number` of rounds (default 10; the workload load has at most 2)")
	flags.BoolVar(&o.list, "list", false, "name the workloads and end")
	flags.StringVar(&o.summary, "summary", "", "print the table of bars of the results in this `directory` and end")
	flags.StringVar(&o.charts, "charts", "", "draw the charts of the results in this `directory` anew and end")
	flags.StringVar(&o.dir, "dir", "", "`directory` on the disk to measure, for data (default a temporary one)")
	flags.StringVar(&o.out, "out", "", "`directory` for results (default results/<date>, or <date>-partial)")
	flags.StringVar(&o.profiles, "cpuprofile", "", "write CPU profiles of all contenders to this `directory`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.workload, err = regexp.Compile(*pattern); err != nil {
		return o, err
	}
	o.plan = fullPlan
	if *quick {
		o.plan = quickPlan
	}
	if *rounds > 0 {
		o.plan.Rounds, o.plan.LoadRuns = *rounds, min(*rounds, o.plan.LoadRuns)
	}
	o.partial = *quick || *rounds != 0 && *rounds < fullPlan.Rounds
	o.some = *pattern != ""
	if o.out == "" {
		o.out = filepath.Join("results", time.Now().Format(time.DateOnly))
		if o.partial || o.some {
			o.out += "-partial"
		}
	}
	return o, nil
}

// bench is one run of the program.
type bench struct {
	plan     plan
	dir      string // for data; removed at the end
	program  string // what contenders' processes run
	profiles string
	pooled   map[string]sample // by workload and contender: latencies of all rounds
	say      func(format string, args ...any)
}

func (o command) run(stdout, stderr io.Writer) (err error) {
	b := &bench{plan: o.plan, profiles: o.profiles, program: o.program, pooled: map[string]sample{}}
	b.say = func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }
	if b.dir, err = os.MkdirTemp(o.dir, "kuzzlite-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	defer cleanUpOnInterrupt(b.dir)()
	for _, dir := range []string{o.out, o.profiles} {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	var note string
	if b.program == "" {
		b.say("compiling the contenders (a minute the first time)")
		if b.program, note, err = buildSelf(b.dir); err != nil {
			return err
		}
	}
	r := newReport(b, o, note)
	todo := slices.DeleteFunc(workloads(b.plan), func(w workload) bool { return !o.workload.MatchString(w.name) })
	for i, w := range todo {
		start := time.Now()
		samples, err := w.run(b, w)
		if err != nil {
			return err
		}
		r.add(w, samples, time.Since(start))
		r.left = len(todo) - i - 1
		if err := r.write(o.out); err != nil { // an interrupt loses only the workload under way
			return err
		}
	}
	_, err = io.WriteString(stdout, r.markdown())
	return err
}

func (b *bench) pool(w workload, label string, s sample) { b.pooled[w.name+" "+label] = s }
