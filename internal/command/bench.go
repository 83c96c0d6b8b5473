package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// benchFlags are those of bench.
type benchFlags struct {
	dir                      string
	documents, size, seconds bounded

	room func(dir string) (int64, error) // how many bytes may be written there
}

func newBenchFlags() *benchFlags {
	return &benchFlags{
		documents: bounded{50_000, leastBenchDocuments, mostBenchDocuments},
		size:      bounded{1024, leastBenchSize, mostBenchSize},
		seconds:   bounded{60, 1, 24 * 60 * 60},
		room:      roomIn,
	}
}

func (a *app) bench() *cobra.Command {
	f := newBenchFlags()
	cmd := &cobra.Command{
		Use:         "bench",
		Annotations: map[string]string{outsideOnly: "it measures the disk, and not the store that is open"},
		Short:       "Measure how fast Kuzzlite is on this disk",
		Long: `Bench takes a minute to answer "how fast is Kuzzlite here?". It makes a store and a raw bbolt file with
the same documents, in a directory of its own inside DIR, measures both by turns, verifies both, and
removes them, also after an interrupt. Your store is not opened. If DIR is absent, cannot be written or
has too little room the exit code is 3. It prints one JSON object when piped, a table and bars on a
terminal.

  upsert 1, 20, …  one call that changes four fields of so many documents, and is durable when it returns
  64 x upsert 1    64 callers at the same time, each of which changes one document a call
  get              reads one document
  list 1,000       reads 1,000 documents that follow one another

How to read it: "disk" is how often this disk confirms a write of 4 KiB in a second. One caller of
single upserts cannot be faster than that; batches, and callers at the same time, share a sync. bbolt is
handed whole documents and does nothing but write them: no merge, no versions, no checksums, no change
feed. It commits each call by one Update, and those of the 64 callers by Batch, all together. A ratio of
2 means that Kuzzlite handles twice as many documents in a second.

The rates and ratios are medians of rounds, and a ratio is that of the same round; ~ marks one about which
the rounds disagree. Half of all calls took no longer than p50, and 99 of 100 no longer than p99, which
needs 100 calls. What Kuzzlite writes behind its calls counts in its rates. In JSON times are in
nanoseconds. Programs that are busy meanwhile make the figures worse; the ratios suffer less.`,
		Example: `  kuzzlite bench
  kuzzlite bench --dir /mnt/disk --documents 200000 --size 300
  kuzzlite bench --seconds 10 | jq .workloads`,
		Args: positional,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "dir", "", "measure the disk of this `DIR`; default: where --db is, or the current directory")
	flags.Var(&f.documents, "documents", "how many documents there are")
	flags.Var(&f.size, "size", "bytes of a document")
	flags.Var(&f.seconds, "seconds", "about how long it takes; longer where filling is slow")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.runBench(cmd.Context(), f) }
	return cmd
}

func (a *app) runBench(ctx context.Context, f *benchFlags) error {
	dir, err := a.benchDir(f.dir)
	if err != nil {
		return err
	}
	var report *benchReport
	err = inTemporary(dir, func(temporary string) error {
		free, err := f.room(dir)
		if err == nil {
			err = enoughRoom(dir, free, benchRoom(f.documents.value, f.size.value))
		}
		if err != nil {
			return err
		}
		d := time.Duration(f.seconds.value) * time.Second
		m := newMeasurement(temporary, newBenchData(f.documents.value, f.size.value), d)
		bar := newClock(a.stderr, d)
		defer bar.end()
		m.told = bar.step
		if err := m.run(ctx); err != nil {
			return err
		}
		report = m.report(dir)
		return nil
	})
	if err != nil {
		return benchError(err)
	}
	if !a.out.terminal {
		return a.out.line(appendJSON(nil, report))
	}
	_, err = a.out.WriteString(report.text(a.out.width))
	return err
}

// benchError adds what to do when documents are not what the calls made of them.
func benchError(err error) error {
	if !errors.Is(err, errBenchWrong) {
		return err
	}
	return &failure{exitStore, err, "no figures are shown, since they are worth nothing: see that disk and memory are\n" +
		"well, and if they are, report this: it is a bug"}
}

// benchDir returns the directory whose disk is measured, as an absolute path.
func (a *app) benchDir(dir string) (string, error) {
	if dir == "" && a.db != "" {
		at, err := a.locate()
		if err != nil {
			return "", err
		}
		if !at.isFile() {
			return "", usage("--db %s is not on a disk: name one with --dir", a.db)
		}
		dir = filepath.Dir(at.place)
	}
	dir, err := filepath.Abs(dir) // the current one if it is still ""
	if err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &failure{exitStore, fmt.Errorf("there is no directory %s", dir), "check the name after --dir or --db"}
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", &failure{exitStore, fmt.Errorf("%s is not a directory", dir), "--dir takes the name of a directory"}
	}
	return dir, nil
}

// benchRoom is how many bytes a measurement may need: both files with copies of their pages, and Kuzzlite's log.
func benchRoom(documents, size int) int64 { return 128<<20 + 8*int64(documents)*int64(size) }

func enoughRoom(dir string, free, need int64) error {
	if free >= need {
		return nil
	}
	return &failure{
		exitStore, fmt.Errorf("%s has room for %s, and measuring may need %s", dir, size(free), size(need)),
		"measure another disk with --dir, or fewer or smaller documents with --documents and --size",
	}
}

// inTemporary runs fn with a new directory inside dir, and removes that directory whatever happens.
func inTemporary(dir string, fn func(temporary string) error) (err error) {
	temporary, err := os.MkdirTemp(dir, "kuzzlite-bench-*")
	if err != nil {
		return &failure{exitStore, fmt.Errorf("cannot write to %s: %w", dir, err), "--dir names another directory"}
	}
	defer func() {
		if left := os.RemoveAll(temporary); left != nil { // this is what is to be told then
			err = &failure{exitStore, fmt.Errorf("remove %s: %w", temporary, left), "remove it: nobody needs it any more"}
		}
	}()
	return fn(temporary)
}

// A bounded is the value of a flag that must be a whole number within bounds.
type bounded struct{ value, least, most int }

func (b *bounded) String() string { return strconv.Itoa(b.value) }
func (b *bounded) Type() string   { return "N" }

func (b *bounded) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < b.least || n > b.most {
		return errors.New("out of bounds") // flagError says it better
	}
	b.value = n
	return nil
}

// refusal is the error of a value that the flag does not take.
func (b *bounded) refusal(flag string) error {
	return usage("--%s must be a whole number from %d to %d", flag, b.least, b.most)
}
