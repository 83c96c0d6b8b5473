package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// maxDumpLine is how many bytes a line of a dump may have: the largest document that a store can have, and what is
// around that.
const maxDumpLine = 513 << 20

// anyDocument are the options with which a store takes every document that some other store has: that may have been
// given higher limits.
var anyDocument = kuzzlite.Options{MaxDocumentSize: 512 << 20, MaxDepth: maxDepth}

// loadDump is the verb load.
func (a *app) loadDump() *cobra.Command {
	merge := false
	cmd := &cobra.Command{
		Use:         "load [FILE|-]",
		Annotations: map[string]string{outsideOnly: "it opens the store by itself"},
		Short:       "Make a store of what dump has written",
		Long: `Load reads a dump, as it is or compressed, and makes the store that it was made of: the same indexes,
collections, indexes of fields and documents, with the same versions, times and moments at which they expire.
Each document is one change in the feed of the new store.

If the store is absent it is made, whole or not at all: load fills another one, in a directory NAME.….loading
beside, and gives that the name at the end. If the store is present and has no documents load writes into
it; if it has documents load refuses, unless --merge is given: then documents with the same ids are
replaced, whatever their version is, and all others stay. What is written into a store that is present is
on disk batch by batch. A load that ends early says how far it came; to run it again, with --merge, from
the start does no harm.

A wrong line ends the load, and is told with its number. So does a dump that was cut short, or whose lines
do not have the checksum that the last one says. Into a store that is present nothing is written then,
if the dump is in a file: it is read to its end first. What comes through a pipe is written as it comes.`,
		Example: `  kuzzlite load --db copy.db shop.ndjson.zst
  kuzzlite load --db shop.db --merge more.ndjson`,
		Args: positional,
	}
	cmd.Flags().BoolVar(&merge, "merge", false, "load into a store that has documents, and replace those of the same ids")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at, err := a.locateOwn("load")
		if err != nil {
			return err
		}
		in, size, err := a.openFile(strings.Join(args, ""))
		if err != nil {
			return err
		}
		defer in.Close()
		l := &dumpLoader{app: a, in: newDumpReader(in), merge: merge}
		isNew, err := a.isAbsent(at)
		switch {
		case err != nil:
			return err
		case isNew:
			l.progress = a.newProgress(size)
			err = l.intoNew(cmd.Context(), at.place)
		default:
			err = l.intoPresent(cmd.Context(), in, size)
		}
		l.progress.clear()
		if notice := l.in.notice(); err == nil && notice != "" {
			fmt.Fprintln(a.stderr, notice)
		}
		if err == nil {
			fmt.Fprintf(a.stderr, "loaded into %s: %v\n", a.db, l.read)
		}
		return err
	}
	return cmd
}

// isAbsent says whether there is no store. A log without its store is an error: it may be all that is left of one.
func (a *app) isAbsent(at location) (bool, error) {
	if !at.isFile() {
		return false, nil
	}
	if _, err := os.Stat(at.place); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	s, err := at.Open(at.place, &kuzzlite.Options{Mode: kuzzlite.OpenExisting})
	switch {
	case err == nil: // another process has just made it
		return false, s.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	for _, suffix := range logSuffixes {
		if _, err := os.Lstat(resolved(at.place) + suffix); err == nil {
			return false, &failure{exitStore, fmt.Errorf("there is no store %s, but %s", at.place, at.place+suffix),
				"that may be all that is left of a store: move it away first"}
		}
	}
	return true, nil
}

// intoNew loads into a store that gets its name once it is whole.
func (l *dumpLoader) intoNew(ctx context.Context, path string) error {
	err := intoNewStore(path, anyDocument, func(s *kuzzlite.Store) error {
		l.store = s
		return l.load(ctx)
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return interruption("no store was made")
	case err != nil:
		return l.nothingMade(err)
	}
	return nil
}

// nothingMade adds to an error what is left.
func (l *dumpLoader) nothingMade(err error) error {
	f := l.app.explain(err)
	return &failure{f.code, f.err, strings.TrimPrefix(f.hint+"\nno store was made", "\n")}
}

// intoPresent loads into a store that is there. A dump in a file is verified before anything is written.
func (l *dumpLoader) intoPresent(ctx context.Context, in io.Reader, size int64) error {
	return l.app.withOwnStore(ctx, creating, anyDocument, func(s *kuzzlite.Store) error {
		if !l.merge {
			st, err := s.Stats(ctx)
			if err != nil {
				return err
			}
			if st.Documents > 0 {
				err := fmt.Errorf("%s has %s already", l.app.db, counted(st.Documents, "document"))
				return &failure{exitStore, err, "name a new store with --db, or load into this one with --merge,\n" +
					"which replaces the documents that are in the dump"}
			}
		}
		err := l.verified(ctx, in, size)
		if err == nil {
			l.store = s
			err = l.load(ctx)
		}
		if err != nil {
			return l.stopped(ctx, err)
		}
		return nil
	})
}

// stopped adds to an error how far the load has come.
func (l *dumpLoader) stopped(ctx context.Context, err error) error {
	f := l.app.explain(err)
	switch interrupted := ctx.Err() != nil; {
	case interrupted && l.written == 0:
		return interruption("no document was written")
	case interrupted:
		f = &failure{code: exitStore, err: errors.New("interrupted")}
	}
	hint := "no document was written"
	if l.written > 0 {
		hint = fmt.Sprintf("%s up to line %d are written; the same command with --merge begins anew, which does no harm",
			counted(l.written, "document"), l.lines)
	}
	return &failure{f.code, f.err, strings.TrimPrefix(f.hint+"\n"+hint, "\n")}
}
