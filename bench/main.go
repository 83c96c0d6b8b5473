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
	if text := os.Getenv(costEnv); text != "" {
		var t costTask
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return err
		}
		return makeCostly(t, stdout)
	}
	if text := os.Getenv(textEnv); text != "" {
		var t textTask
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return err
		}
		return t.do(stdout)
	}
	if text := os.Getenv(outboxEnv); text != "" {
		var t outboxTask
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return err
		}
		return t.do(stdout)
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
			_, printErr := fmt.Fprintf(stdout, "%-18s %s\n", w.name, w.question)
			err = errors.Join(err, printErr)
		}
	}
	return err
}

// command is what the command line says.
type command struct {
	plan     plan
	workload *regexp.Regexp
	only     *regexp.Regexp // labels of contenders
	partial  bool           // shorter than it should be: results that are no claim
	some     bool           // not all workloads, or not all contenders
	dir, out string
	before   string // a checkout of an older commit
	profiles string
	list     bool   // only name the workloads
	summary  string // only print what these results say
	charts   string // only draw the charts of these results
	program  string // what contenders' processes run; default: this program, compiled again
	older    *older // default: what is compiled in before
}

func parseCommand(args []string, stderr io.Writer) (o command, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "small stores and short rounds, to see that it works")
	pattern := flags.String("workload", "", "run only the workloads whose name matches this `regexp`")
	only := flags.String("only", "", "run only the contenders whose name in a workload matches this `regexp`")
	rounds := flags.Int("rounds", 0, "`number` of rounds (default 10)")
	target := flags.Duration("target", 0, "`duration` of a round of the workloads engine-… (default 3s)")
	flags.StringVar(&o.before, "before", "", "`directory` with a checkout of an older commit, the contender before")
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
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, err
	}
	o.plan = fullPlan
	if *quick {
		o.plan = quickPlan
	}
	if *rounds > 0 {
		o.plan.Rounds, o.plan.LoadRuns = *rounds, min(*rounds, o.plan.LoadRuns)
		o.plan.TextRuns = min(*rounds, o.plan.TextRuns)
	}
	if *target > 0 {
		o.plan.Engine = *target
	}
	o.partial = *quick || o.plan.Rounds < fullPlan.Rounds || o.plan.Engine < fullPlan.Engine
	o.some = *pattern != "" || *only != ""
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
	pure     string // the same, without cgo; "" until it is needed
	fts5     bool   // mattn's SQLite has FTS5 there
	cli      string // Kuzzlite's command line; "" until it is needed
	before   *older // nil: there is none
	only     *regexp.Regexp
	profiles string
	pooled   map[string]sample // by workload and contender: latencies of all rounds
	say      func(format string, args ...any)
}

func (o command) run(stdout, stderr io.Writer) (err error) {
	b := &bench{
		plan: o.plan, profiles: o.profiles, program: o.program, pure: o.program, before: o.older, only: o.only,
		pooled: map[string]sample{},
	}
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
	notes, err := b.build(o)
	if err != nil {
		return err
	}
	r := newReport(b, o, notes)
	todo := slices.DeleteFunc(workloads(b.plan), func(w workload) bool { return !o.workload.MatchString(w.name) })
	for i, w := range todo {
		start := time.Now()
		samples, err := w.run(b, w)
		if err != nil {
			return err
		}
		if len(samples) > 0 { // or nobody was asked for
			r.add(w, samples, time.Since(start))
		}
		r.left = len(todo) - i - 1
		if err := r.write(o.out); err != nil { // an interrupt loses only the workload under way
			return err
		}
	}
	_, err = io.WriteString(stdout, r.markdown())
	return err
}

// build compiles what contenders' processes run, unless somebody has.
func (b *bench) build(o command) (notes []string, err error) {
	if b.program != "" {
		b.fts5 = mattnFTS5()
		return nil, nil
	}
	b.say("compiling the contenders (a minute the first time)")
	program, note, err := buildSelf(b.dir)
	if err != nil {
		return nil, err
	}
	b.program, notes = program, append(notes, note)
	b.fts5 = note == "" || mattnFTS5()
	if o.before != "" {
		b.say("compiling the contender before")
		if b.before, note, err = buildOlder(o.before, b.dir); err != nil {
			return nil, err
		}
		notes = append(notes, note)
	}
	return notes, nil
}

func (b *bench) pool(w workload, label string, s sample) { b.pooled[w.name+" "+label] = s }
