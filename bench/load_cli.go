package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	lib "github.com/kuzzlite/kuzzlite"
)

// The workload api-load: the command line loads a file, plain and compressed. It is compared with a program of a few
// lines that does the same with the library.

// loads are the contenders of the workload, by name.
var loads = []struct {
	name             string
	library, gzipped bool
}{
	{"kuzzlite", false, false},
	{"kuzzlite, gzip", false, true},
	{libraryName, true, false},
	{libraryName + ", gzip", true, true},
}

// libraryName is what the program is called that loads with the library.
const libraryName = "library"

func cliWorkload(p plan) workload {
	w := workload{
		name:     "api-load",
		question: fmt.Sprintf("How long does the command line take to load %d documents from a file?", p.Load),
		setup: fmt.Sprintf("An NDJSON file of %d items, each a document of %d B under a random id, and the same file "+
			"compressed by gzip. kuzzlite mupsert --create loads it, with its default batches of %d. The library is a program "+
			"that reads the same lines with bufio.Scanner (and compress/gzip), joins %d of them and gives them to MUpsertJSON, "+
			"one call after the other, in a store with the same options. Wall time of the whole process. The resident set is "+
			"the process's largest (VmHWM), mapped pages of its files included.", p.Load, sizeSmall, loadBatch, loadBatch),
		unit:  "documents/s",
		shown: byRate,
		run:   (*bench).loadByCLI,
	}
	for _, l := range loads {
		w.entries = append(w.entries, entry{contender: l.name})
	}
	for _, of := range []string{"kuzzlite", "kuzzlite, gzip"} {
		against := strings.Replace(of, "kuzzlite", libraryName, 1)
		w.bars = append(w.bars,
			bar{of: of, against: []string{against}, by: byTime, atMost: 1.1},
			bar{of: of, by: byRSS, atMost: 200, worst: true},
			bar{of: of, by: byOwn})
	}
	return w
}

// loadByCLI runs the loaders in turn.
func (b *bench) loadByCLI(w workload) (samples []sample, err error) {
	plain := filepath.Join(b.dir, "api-load.ndjson")
	if err := errors.Join(writeItems(plain, b.plan.Load), compressFile(plain)); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(plain), os.Remove(plain+gzipSuffix)) }()
	cli, err := b.commandLine()
	if err != nil {
		return nil, err
	}
	for round := 1; round <= b.plan.LoadRuns; round++ {
		for i := range loads {
			l := loads[(i+round)%len(loads)]
			if b.skips(entry{contender: l.name}) {
				continue
			}
			b.say("%s: run %d of %d, %s", w.name, round, b.plan.LoadRuns, l.name)
			file := plain
			if l.gzipped {
				file += gzipSuffix
			}
			s, err := b.loadFile(cli, file, l.library, round == 1)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", w.name, l.name, err)
			}
			s.Workload, s.Contender, s.Round = w.name, l.name, round
			samples = append(samples, s)
		}
	}
	return samples, nil
}

// loadFile loads a file once, into a store of its own.
func (b *bench) loadFile(cli, file string, byLibrary, verify bool) (s sample, err error) {
	dir, err := os.MkdirTemp(b.dir, "api-load-")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cmd := exec.Command(cli, "mupsert", "--db", filepath.Join(dir, kuzzliteFile), "--create",
		"--batch", strconv.Itoa(loadBatch), benchIndex, benchCollection, file)
	if byLibrary {
		if cmd, err = b.loaderCommand(loaderTask{libraryName, dir, file}); err != nil {
			return s, err
		}
	}
	if s, _, err = timed(cmd); err != nil {
		return s, err
	}
	s.Documents, s.Calls = b.plan.Load, (b.plan.Load+loadBatch-1)/loadBatch
	if s.Disk, err = diskUsage(dir); err != nil || !verify {
		return s, err
	}
	return s, verifyLoaded(contenderNamed("kuzzlite"), dir, b.plan.Load)
}

// loaderCommand is this program as a loader.
func (b *bench) loaderCommand(t loaderTask) (*exec.Cmd, error) {
	text, err := json.Marshal(t)
	cmd := exec.Command(b.program)
	cmd.Env = append(os.Environ(), loaderEnv+"="+string(text))
	return cmd, err
}

const gzipSuffix = ".gz"

// compressFile makes a compressed copy of a file beside it.
func compressFile(file string) (err error) {
	src, err := os.Open(file)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(file + gzipSuffix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	z := gzip.NewWriter(dst)
	_, err = io.Copy(z, src)
	return errors.Join(err, z.Close(), dst.Sync())
}

// loadByLibrary is the main function of the program that loads with the library.
func loadByLibrary(t loaderTask) (err error) {
	f, err := os.Open(t.File)
	if err != nil {
		return err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(t.File, gzipSuffix) {
		if in, err = gzip.NewReader(bufio.NewReaderSize(f, 1<<20)); err != nil {
			return err
		}
	}
	db, err := lib.Open(filepath.Join(t.Dir, kuzzliteFile), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.CreateCollection(context.Background(), benchIndex, benchCollection); err != nil {
		return err
	}
	return upsertLines(db.Collection(benchIndex, benchCollection), in)
}

// upsertLines writes the items in the lines of in, batch by batch.
func upsertLines(col *lib.Collection, in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<20), 1<<20)
	array, n := []byte{'['}, 0
	write := func() error {
		array[len(array)-1] = ']' // the last comma, or the bracket of none
		res, err := col.MUpsertJSON(context.Background(), array)
		array, n = array[:1], 0
		array[0] = '['
		if err != nil {
			return err
		}
		return res.Err()
	}
	for lines.Scan() {
		array = append(append(array, lines.Bytes()...), ',')
		if n++; n == loadBatch {
			if err := write(); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil || n == 0 {
		return err
	}
	return write()
}
