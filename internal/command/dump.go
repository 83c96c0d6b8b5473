package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// dumpTime is how long a dump may read one state of the store. A View is bounded so that nobody holds up writers for
// ever. A command has the store for itself, nobody writes to it meanwhile, so there is nobody to hold up: a day is for
// the slowest reader at the other end of a pipe.
const dumpTime = 24 * time.Hour

func (a *app) dump() *cobra.Command {
	force := false
	cmd := &cobra.Command{
		Use:         "dump [FILE|-]",
		Annotations: map[string]string{outsideOnly: "it opens the store by itself"},
		Short:       "Write the whole store as NDJSON that load reads",
		Long: `Dump writes everything that is in the store at one moment, to FILE or to standard output: the indexes, the
collections (empty ones too), their mappings, what their indexes of fields are, and the documents byte for
byte, with their versions, the times at which they were created and updated, and when they expire. Load makes the same store
from that, on any machine and with any release that reads the version of the format, which the first line
names. The last line has the numbers of all, so that load knows a dump that was cut short. What is not in a
dump is the past: the change feed with its consumers, and the versions of deleted documents; backup has those.

FILE is there whole or not at all, and only its owner may read it. It is compressed if its name ends in
.gz or .zst. If FILE is present it is refused, unless --force is given; then it is replaced once the new
one is whole. If the store is absent the exit code is 3. At a damaged document dump stops: salvage goes
on.`,
		Example: `  kuzzlite dump --db shop.db shop.ndjson.zst
  kuzzlite dump --db shop.db | ssh elsewhere kuzzlite load --db shop.db`,
		Args: positional,
	}
	forceFlag(cmd, &force)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file := ""
		if len(args) > 0 {
			file = args[0]
		}
		if err := a.checkOutput(file, force); err != nil {
			return err
		}
		d := &dumpWriter{}
		o := kuzzlite.Options{MaxViewTime: dumpTime}
		err := a.withOwnStore(cmd.Context(), reading, o, func(s *kuzzlite.Store) error {
			return a.toFile(file, force, func(w io.Writer) error {
				d.w = w
				return dumpStore(cmd.Context(), s, d)
			})
		})
		if err == nil && isFile(file) {
			fmt.Fprintf(a.stderr, "dumped to %s: %v\n", file, d.counts)
		}
		return err
	}
	return cmd
}

func forceFlag(cmd *cobra.Command, force *bool) {
	cmd.Flags().BoolVar(force, "force", false, "replace the file if there is one")
}

// isFile says whether an argument names a file, and not standard output.
func isFile(name string) bool { return name != "" && name != "-" }

// checkOutput refuses an output before anything is read.
func (a *app) checkOutput(file string, force bool) error {
	switch {
	case isFile(file):
		return cmp.Or(a.notOfStore(file), mayWrite(file, force))
	case force:
		return usage("--force is for a file, and the output is standard output")
	}
	return nil
}

// logSuffixes are what the names of the files of a log end with, after that of the store.
var logSuffixes = []string{"-log0", "-log1", "-log2", "-log3"}

// notOfStore refuses the names of the store and of its log as outputs, whether there are such files or not: the store
// removes what it takes for an old log.
func (a *app) notOfStore(files ...string) error {
	at, err := a.locate()
	if err != nil || !at.isFile() {
		return nil // told by who opens the store
	}
	store := resolved(at.place)
	for _, file := range files {
		if !isFile(file) {
			continue
		}
		name := resolved(file)
		if name == store || isSame(name, store) {
			return usage("%s is the store itself: choose another name", file)
		}
		for _, suffix := range logSuffixes {
			if name == store+suffix || isSame(name, store+suffix) {
				return usage("%s is the name of a log of the store: choose another name", file)
			}
		}
	}
	return nil
}

// resolved returns a path without symbolic links, as far as there is something.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	} else if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	return path
}

// isSame says whether there is one file under both names.
func isSame(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// toFile has a whole file written, or standard output.
func (a *app) toFile(file string, force bool, write func(io.Writer) error) error {
	if isFile(file) {
		return wholeFile(file, force, write)
	}
	return write(a.out)
}

// dumpStore writes everything that is in the store at one moment.
func dumpStore(ctx context.Context, s *kuzzlite.Store, d *dumpWriter) error {
	if err := d.head(); err != nil {
		return err
	}
	err := s.View(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		indexes, err := tx.Indexes(ctx)
		if err != nil {
			return err
		}
		for _, index := range indexes {
			if err := d.wholeIndex(ctx, tx, index); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.end()
}

// wholeIndex writes an index with all that is in it.
func (d *dumpWriter) wholeIndex(ctx context.Context, tx *kuzzlite.Tx, index string) error {
	if err := d.index(index); err != nil {
		return err
	}
	names, err := tx.Collections(ctx, index)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := d.wholeCollection(ctx, tx.Collection(index, name), index, name); err != nil {
			return err
		}
	}
	return nil
}

// wholeCollection writes a collection with its mapping, its field indexes and all its documents.
func (d *dumpWriter) wholeCollection(ctx context.Context, col *kuzzlite.Collection, index, name string) error {
	if err := d.collection(index, name); err != nil {
		return err
	}
	m, err := col.Mapping(ctx)
	if err == nil && m != nil {
		err = d.mapping(index, name, m)
	}
	if err != nil {
		return err
	}
	states, err := col.FieldIndexes(ctx)
	if err != nil {
		return err
	}
	for i := range states {
		if err := d.fieldIndex(index, name, &states[i].FieldIndex); err != nil {
			return err
		}
	}
	for doc, err := range col.All(ctx) {
		if err != nil {
			return err
		}
		if err := d.document(index, name, &doc); err != nil {
			return err
		}
	}
	return nil
}
