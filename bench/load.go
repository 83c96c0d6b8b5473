package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/tidwall/gjson"
)

// The workload load: a process reads an NDJSON file into an empty store and ends. Kuzzlite's is its command line; each
// peer's is this program, with a loader of a few lines.

// loaderEnv holds the loaderTask of a process that is to load a file.
const loaderEnv = "KUZZLITE_BENCH_LOADER"

type loaderTask struct{ Contender, Dir, File string }

func loadWorkload(p plan) workload {
	w := workload{
		name:     "engine-load",
		question: fmt.Sprintf("How long does it take to load %d documents from a file?", p.Load),
		setup: fmt.Sprintf("An NDJSON file of %d items, each a document of %d B under a random id; %d documents a "+
			"durable batch; wall time of the whole process, from start to end.", p.Load, sizeSmall, loadBatch),
		unit:    "documents/s",
		shown:   byRate,
		run:     (*bench).load,
		entries: engineEntries("bbolt", "bbolt-defaults", "modernc", "mattn", "badger", "pebble"),
		bars: []bar{
			{against: []string{"bbolt"}, by: byTime, atMost: 1},
			{against: []string{"bbolt-defaults"}, by: byTime},
			{against: oneByOne, by: byTime},
		},
	}
	w.bars = append(w.bars, neverBehind(byTime, 0)...)
	w.bars = append(w.bars, smallInMemory("")...)
	return w
}

// load runs the loaders in turn.
func (b *bench) load(w workload) (samples []sample, err error) {
	file := filepath.Join(b.dir, "load.ndjson")
	if err := writeItems(file, b.plan.Load); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	cli, err := b.commandLine()
	if err != nil {
		return nil, err
	}
	cliBefore := filepath.Join(b.dir, "kuzzlite-before"+filepath.Ext(b.program))
	if b.before != nil {
		if err := buildCLI(cliBefore, b.before.dir); err != nil {
			return nil, err
		}
	}
	for round := 1; round <= b.plan.LoadRuns; round++ {
		for _, e := range w.entries {
			if b.skips(e) {
				continue
			}
			b.say("%s: run %d of %d, %s", w.name, round, b.plan.LoadRuns, e.name())
			used := cli
			if e.before {
				used = cliBefore
			}
			s, err := b.loadOnce(e, used, file, round == 1 && !e.before)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", w.name, e.name(), err)
			}
			s.Workload, s.Contender, s.Round = w.name, e.name(), round
			samples = append(samples, s)
		}
	}
	return samples, nil
}

func (b *bench) loadOnce(e entry, cli, file string, verify bool) (s sample, err error) {
	dir, err := os.MkdirTemp(b.dir, "load-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	cmd, err := b.loaderCommand(loaderTask{e.contender, dir, file})
	if err != nil {
		return s, err
	}
	if e.contender == "kuzzlite" {
		cmd = exec.Command(cli, "mupsert", "--db", filepath.Join(dir, kuzzliteFile), "--create",
			"--batch", strconv.Itoa(loadBatch), benchIndex, benchCollection, file)
		cmd.Env = append(os.Environ(), "GODEBUG=gctrace=1") // a line a collection, on standard error
	}
	s, out, err := timed(cmd)
	if err != nil {
		return s, err
	}
	s.HeapLive = liveTraced(out)
	s.Documents, s.Calls = b.plan.Load, (b.plan.Load+loadBatch-1)/loadBatch
	if s.Disk, err = diskUsage(dir); err != nil || !verify {
		return s, err
	}
	return s, verifyLoaded(contenderNamed(e.contender), dir, b.plan.Load)
}

// timed runs a process from its start to its end, and returns what it took and what it has written.
func timed(cmd *exec.Cmd) (s sample, written []byte, err error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := started.start(cmd); err != nil {
		return s, nil, err
	}
	watched := watchMemory(cmd.Process.Pid)
	err = started.wait(cmd)
	s.Seconds = time.Since(start).Seconds()
	s.Own, s.RSS = watched()
	s.OwnPeak = s.Own
	if err != nil {
		return s, nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(out.Bytes()))
	}
	s.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return s, out.Bytes(), nil
}

// collected is what a line of gctrace says of the heap: before, after, and alive.
var collected = regexp.MustCompile(`(?m)^gc .* \d+->\d+->(\d+) MB`)

// liveTraced is the most of the Go heap that was alive after a collection, as far as a process has traced that.
func liveTraced(trace []byte) (most int64) {
	for _, m := range collected.FindAllSubmatch(trace, -1) {
		mb, _ := strconv.ParseInt(string(m[1]), 10, 64)
		most = max(most, mb<<20)
	}
	return most
}

// loader is the main function of a peer's process.
func loader(t loaderTask) error {
	if t.Contender == libraryName {
		return loadByLibrary(t)
	}
	c := contenderNamed(t.Contender)
	f, err := os.Open(t.File)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := c.open(t.Dir)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(f)
	var items []item
	for lines.Scan() {
		items = append(items, parseItem(lines.Bytes(), c.raw))
		if len(items) == loadBatch {
			if err := s.upsert(items, ignore); err != nil {
				return err
			}
			items = items[:0]
		}
	}
	if len(items) > 0 {
		err = s.upsert(items, ignore)
	}
	return errors.Join(err, lines.Err(), s.close())
}

func parseItem(line []byte, raw bool) item {
	id := gjson.GetBytes(line, "_id").String()
	it := item{id: id, key: []byte(id)}
	changes := gjson.GetBytes(line, "changes").Raw
	if raw {
		var header [recordHeader]byte
		it.doc = append(header[:], changes...)
	} else {
		it.changes = []byte(changes)
	}
	return it
}

func writeItems(file string, n int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	var line []byte
	for i := range n {
		line = append(line[:0], `{"_id":"`...)
		line = appendID(line, i)
		line = append(line, `","changes":`...)
		line = appendDocument(line, i, sizeSmall, 0)
		line = append(line, "}\n"...)
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), f.Sync())
}

func verifyLoaded(c contender, dir string, n int) (err error) {
	s, err := c.open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var want []byte
	for i := range n {
		doc, _, err := s.get(string(appendID(nil, i)))
		if err != nil {
			return fmt.Errorf("verify document %d: %w", i, err)
		}
		if want = appendDocument(want[:0], i, sizeSmall, 0); !bytes.Equal(doc, want) {
			return fmt.Errorf("verify document %d: it is not the one in the file", i)
		}
	}
	return nil
}

// diskUsage is what all files in dir take on the disk.
func diskUsage(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += allocated(info)
		}
		return err
	})
	return n, err
}
