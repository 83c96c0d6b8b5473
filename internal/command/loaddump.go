package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

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
collections and documents, with the same versions, times and moments at which they expire. Each document
is one change in the feed of the new store.

If the store is absent it is made, whole or not at all: load fills another one, in a directory NAME.….loading
beside, and gives that the name at the end. If the store is present and has no documents load writes into
it; if it has documents load refuses, unless --merge is given: then documents with the same ids are
replaced, whatever their version is, and all others stay. What is written into a store that is present is
on disk batch by batch. A load that ends early says how far it came; to run it again, with --merge, from
the start does no harm.

A wrong line ends the load, and is told with its number. So does a dump that was cut short.`,
		Example: `  kuzzlite load --db copy.db shop.ndjson.zst
  kuzzlite load --db shop.db --merge more.ndjson`,
		Args: positional,
	}
	cmd.Flags().BoolVar(&merge, "merge", false, "load into a store that has documents, and replace those of the same ids")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at, err := a.locate()
		if err != nil {
			return err
		}
		in, size, err := a.openFile(strings.Join(args, ""))
		if err != nil {
			return err
		}
		defer in.Close()
		l := &dumpLoader{app: a, in: newItemReader(in), merge: merge, progress: a.newProgress(size)}
		l.in.maxItem = maxDumpLine
		isNew, err := a.isAbsent(at)
		switch {
		case err != nil:
			return err
		case isNew:
			err = l.intoNew(cmd.Context(), at.place)
		default:
			err = l.intoPresent(cmd.Context())
		}
		l.progress.clear()
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

// loadingSuffix ends the names of directories in which a store is loaded that gets its own name at the end.
const loadingSuffix = ".loading"

// intoNew loads into a store that gets its name once it is whole.
func (l *dumpLoader) intoNew(ctx context.Context, path string) error {
	removeLeftovers(path)
	dir, err := os.MkdirTemp(filepath.Dir(path), shortName(filepath.Base(path))+".*"+loadingSuffix)
	if err != nil && missing(filepath.Dir(path)) {
		return &failure{exitStore, err, "the directory must exist"}
	}
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	lock, err := kuzzlite.Open(filepath.Join(dir, loadingLock), &kuzzlite.Options{Mode: kuzzlite.OpenNew})
	if err != nil {
		return err
	}
	defer lock.Close()
	tmp := filepath.Join(dir, loadingStore)
	o := anyDocument
	o.Mode = kuzzlite.OpenNew
	s, err := kuzzlite.Open(tmp, &o)
	if err != nil {
		return err
	}
	l.store = s
	err = l.load(ctx)
	if closeErr := s.Close(); err == nil {
		err = closeErr // after a nil error the file alone is the store
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return interruption("no store was made")
	case err != nil:
		return l.nothingMade(err)
	}
	if err := nameNew(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// The stores in such a directory: the one that is loaded, and one that is locked as long as the load is under way, also
// once the other is whole and closed.
const (
	loadingStore = "store.db"
	loadingLock  = "lock.db"
)

// nothingMade adds to an error what is left.
func (l *dumpLoader) nothingMade(err error) error {
	f := l.app.explain(err)
	return &failure{f.code, f.err, strings.TrimPrefix(f.hint+"\nno store was made", "\n")}
}

// removeLeftovers removes what killed loads of this store have left.
func removeLeftovers(path string) {
	dir, base := filepath.Dir(path), shortName(filepath.Base(path))
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		middle, isOf := strings.CutPrefix(e.Name(), base+".")
		middle, isLoading := strings.CutSuffix(middle, loadingSuffix)
		if !isOf || !isLoading || strings.Trim(middle, "0123456789") != "" {
			continue
		}
		if left := filepath.Join(dir, e.Name()); wasLeft(left) {
			removeLoading(left)
		}
	}
}

// wasLeft says whether nobody loads in a directory any more. One without a lock may be just being made.
func wasLeft(dir string) bool {
	lock, err := kuzzlite.Open(filepath.Join(dir, loadingLock), &kuzzlite.Options{ReadOnly: true, LockTimeout: -1})
	if errors.Is(err, fs.ErrNotExist) {
		info, err := os.Stat(dir)
		return err == nil && time.Since(info.ModTime()) > 10*time.Minute
	}
	return err == nil && lock.Close() == nil
}

// removeLoading removes what a load makes, and the directory if there is nothing else in it.
func removeLoading(dir string) {
	for _, pattern := range []string{loadingStore + "*", loadingLock + "*", ".kuzzlite-*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, file := range files {
			_ = os.Remove(file)
		}
	}
	_ = os.Remove(dir)
}

// intoPresent loads into a store that is there.
func (l *dumpLoader) intoPresent(ctx context.Context) error {
	return l.app.withStore(ctx, creating, anyDocument, func(s *kuzzlite.Store) error {
		l.store = s
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
		err := l.load(ctx)
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

// dumpLoader loads a dump into a store.
type dumpLoader struct {
	app      *app
	in       *itemReader
	store    *kuzzlite.Store
	merge    bool
	progress *progress

	begun, ended bool            // the first line was read, the last one
	known        map[string]bool // collections that have had their line
	read         dumpCounts

	written uint64 // documents, and
	lines   int    // lines, of batches that are in the store

	// The documents of one collection that are to be written together.
	index, collection string
	docs              []kuzzlite.Document
	places            []place
}

// load reads and writes the whole dump, batch by batch.
func (l *dumpLoader) load(ctx context.Context) error {
	l.known = map[string]bool{}
	ctx, stop := context.WithCancel(ctx)
	defer stop() // the reading
	reader := readBatches(ctx, l.in, limits{defaultBatchItems, maxBatchBytes}, nil)
	for {
		b, err := reader.next(ctx)
		if err != nil {
			return err
		}
		if err := l.batch(context.WithoutCancel(ctx), b); err != nil { // an interrupt stops between batches
			return err
		}
		l.progress.set(l.in.raw.n.Load())
		switch {
		case b.err == io.EOF:
			return l.complete()
		case b.err != nil:
			return readError(b.err)
		}
		reader.recycle(b)
	}
}

// batch writes a batch of lines, up to the first that is wrong.
func (l *dumpLoader) batch(ctx context.Context, b *batch) error {
	for _, s := range b.spans {
		if len(b.bad) > 0 && b.bad[0].place.item < s.place.item {
			break
		}
		line, err := readDumpLine(b.json[s.start:s.end])
		if err == nil {
			err = l.line(ctx, &line, s.place)
		}
		if err != nil {
			return l.wrongLine(s.place, err)
		}
	}
	if len(b.bad) > 0 {
		return l.wrongLine(b.bad[0].place, errors.New(b.bad[0].reason))
	}
	return l.flush(ctx)
}

// wrongLine says where a dump is wrong, unless the error says that, or is of the store.
func (l *dumpLoader) wrongLine(at place, err error) error {
	if f := (*failure)(nil); errors.As(err, &f) {
		return err
	}
	if head := (headError{}); !l.begun && !errors.As(err, &head) {
		return &failure{exitStore, fmt.Errorf("%v: %w", at, errNoDump), "what export has written is for import"}
	}
	return &failure{code: exitStore, err: fmt.Errorf("%v: %w", at, err)}
}

// line takes in a line.
func (l *dumpLoader) line(ctx context.Context, line *dumpLine, at place) error {
	switch {
	case l.ended:
		return errors.New("nothing may come after the line with the end")
	case !l.begun && line.kind != dumpHead:
		return errNoDump
	case l.begun && line.kind == dumpHead:
		return errors.New("this line is for the beginning of a dump")
	}
	switch line.kind {
	case dumpHead:
		l.begun = true
	case dumpEnd:
		l.ended = true
		if line.counts != l.read {
			return fmt.Errorf("the dump had %v, and there were %v: some lines are missing or too many", line.counts, l.read)
		}
	case dumpIndex:
		l.read.Indexes++
		return l.there(l.store.CreateIndex(ctx, line.index))
	case dumpCollection:
		l.read.Collections++
		l.known[line.index+"/"+line.collection] = true
		return l.there(l.store.CreateCollection(ctx, line.index, line.collection))
	case dumpDocument:
		l.read.Documents++
		return l.document(ctx, line, at)
	}
	return nil
}

// there returns what has kept an index or a collection from being there: nil if it existed.
func (l *dumpLoader) there(err error) error {
	switch {
	case err == nil, errors.Is(err, kuzzlite.ErrExists):
		return nil
	case errors.Is(err, kuzzlite.ErrInvalid): // a name of the line
		return err
	}
	return l.app.explain(err)
}

// document takes in a document.
func (l *dumpLoader) document(ctx context.Context, line *dumpLine, at place) error {
	if !l.known[line.index+"/"+line.collection] {
		return fmt.Errorf("collection %q of index %q has no line before its documents", line.collection, line.index)
	}
	if line.index != l.index || line.collection != l.collection {
		if err := l.flush(ctx); err != nil {
			return err
		}
		l.index, l.collection = line.index, line.collection
	}
	l.docs, l.places = append(l.docs, line.doc), append(l.places, at)
	return nil
}

// flush writes the documents that were taken in: all of them or none.
func (l *dumpLoader) flush(ctx context.Context) error {
	if len(l.docs) == 0 {
		return nil
	}
	o := &kuzzlite.WriteOptions{Atomic: true, NoSource: true, IfAbsent: !l.merge}
	res, err := l.store.Collection(l.index, l.collection).MLoad(ctx, l.docs, o)
	if res != nil && len(res.Errors) > 0 {
		failed := &res.Errors[0]
		text := failed.Reason
		if failed.Err != nil {
			text = failed.Err.Error()
		}
		return l.wrongLine(l.places[failed.Position], errors.New(text))
	}
	if err != nil {
		return l.app.explain(err)
	}
	l.written += uint64(len(l.docs))
	l.lines = l.places[len(l.places)-1].line
	clear(l.docs)
	l.docs, l.places = l.docs[:0], l.places[:0]
	return nil
}

// complete says whether all of a dump was read.
func (l *dumpLoader) complete() error {
	switch {
	case l.in.items == 0:
		return &failure{code: exitStore, err: errors.New("the input is empty: it is no dump")}
	case !l.ended:
		err := fmt.Errorf("the dump is cut short after line %d: its end is missing", l.in.line)
		return &failure{code: exitStore, err: err}
	}
	return nil
}
