package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kuzzlite/kuzzlite"
)

// Loading: the lines of a dump, read in order and written batch by batch, or verified only.

// dumpLoader loads a dump into a store.
type dumpLoader struct {
	app      *app
	in       *itemReader
	store    *kuzzlite.Store // nil: nothing is written, the dump is verified only
	merge    bool
	progress *progress
	passed   int64 // bytes that were read before in

	begun, ended bool            // the first line was read, the last one
	known        map[string]bool // collections that have had their line
	read         dumpCounts
	sum          dumpSum

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
		switch {
		case err != nil:
			return err
		case errors.Is(b.err, errDamaged):
			return l.damaged(b.err)
		}
		if err := l.batch(ctx, b); err != nil {
			return err
		}
		l.progress.set(l.passed + l.in.raw.n.Load())
		switch {
		case b.err == io.EOF:
			return l.complete()
		case b.err != nil:
			return readError(b.err)
		}
		reader.recycle(b)
	}
}

// damaged ends the load of a dump that cannot be decompressed: lines before that may be wrong without looking so.
func (l *dumpLoader) damaged(err error) error {
	hint := "get the file again"
	if l.written > 0 {
		hint = "documents written so far may be wrong: " + hint
	}
	return &failure{exitStore, err, hint}
}

// batch writes a batch of lines, up to the first that is wrong. An interrupt stops between batches, or while a field
// index is made.
func (l *dumpLoader) batch(ctx context.Context, b *batch) error {
	for _, s := range b.spans {
		if len(b.bad) > 0 && b.bad[0].place.item < s.place.item {
			break
		}
		text := b.json[s.start:s.end]
		line, err := readDumpLine(text)
		if err == nil {
			err = l.line(ctx, &line, s.place)
		}
		l.sum.add(text)
		if err != nil {
			return l.wrongLine(s.place, err)
		}
	}
	if len(b.bad) > 0 {
		return l.wrongLine(b.bad[0].place, errors.New(b.bad[0].reason))
	}
	return l.flush(context.WithoutCancel(ctx))
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
	whole := context.WithoutCancel(ctx)
	switch line.kind {
	case dumpHead:
		l.begun = true
	case dumpEnd:
		return l.end(&line.end)
	case dumpIndex:
		l.read.Indexes++
		if l.verifies() {
			return nil
		}
		return l.there(l.store.CreateIndex(whole, line.index))
	case dumpCollection:
		l.read.Collections++
		l.known[line.index+"/"+line.collection] = true
		if l.verifies() {
			return nil
		}
		return l.there(l.store.CreateCollection(whole, line.index, line.collection))
	case dumpFieldIndex:
		l.read.FieldIndexes++
		return l.fieldIndex(ctx, line)
	case dumpMapping:
		l.read.Mappings++
		return l.mapping(whole, line)
	case dumpDocument:
		l.read.Documents++
		return l.document(whole, line, at)
	}
	return nil
}

// end compares what was read with what the last line says.
func (l *dumpLoader) end(t *dumpTrailer) error {
	l.ended = true
	switch {
	case t.dumpCounts != l.read:
		return fmt.Errorf("the dump had %v, and there were %v: some lines are missing or too many", t.dumpCounts, l.read)
	case t.Lines != l.sum.lines || t.SHA256 != l.sum.text():
		return errors.New("the dump is damaged: its lines do not have the checksum that this line says")
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

// mustBeKnown refuses what belongs to a collection that has had no line.
func (l *dumpLoader) mustBeKnown(line *dumpLine, what string) error {
	if !l.known[line.index+"/"+line.collection] {
		return fmt.Errorf("collection %q of index %q has no line before its %s", line.collection, line.index, what)
	}
	return nil
}

// fieldIndex makes a field index, or completes the same one that is there.
func (l *dumpLoader) fieldIndex(ctx context.Context, line *dumpLine) error {
	if err := l.mustBeKnown(line, "field indexes"); err != nil || l.verifies() {
		return err
	}
	if err := l.flush(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	err := l.store.Collection(line.index, line.collection).EnsureFieldIndex(ctx, line.fieldIndex)
	for _, ofLine := range []error{kuzzlite.ErrInvalid, kuzzlite.ErrExists, kuzzlite.ErrNotUnique} {
		if errors.Is(err, ofLine) {
			return err
		}
	}
	if err != nil {
		return l.app.explain(err)
	}
	return nil
}

// document takes in a document.
func (l *dumpLoader) document(ctx context.Context, line *dumpLine, at place) error {
	if err := l.mustBeKnown(line, "documents"); err != nil || l.verifies() {
		return err
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

// verified reads a dump to its end and finds out whether it is whole, if it can be read a second time: what is damaged
// must replace nothing. Of a pipe that shows at the end only.
func (l *dumpLoader) verified(ctx context.Context, in io.Reader, size int64) error {
	file, start, ok := rewindable(in)
	if !ok {
		l.progress = l.app.newProgress(size)
		return nil
	}
	l.progress = l.app.newProgress(2 * size)
	v := &dumpLoader{app: l.app, in: l.in, progress: l.progress}
	if err := v.load(ctx); err != nil {
		return err
	}
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return err
	}
	l.in, l.passed = newDumpReader(in), l.in.raw.n.Load()
	return nil
}

// rewindable returns the file that an input is, and where in the file it begins, if it can be read again.
func rewindable(in io.Reader) (f *os.File, start int64, ok bool) {
	if s, isStdin := in.(stdin); isStdin {
		in = s.Reader
	}
	f, ok = in.(*os.File)
	if !ok {
		return nil, 0, false
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, 0, false
	}
	start, err = f.Seek(0, io.SeekCurrent)
	return f, start, err == nil
}

// newDumpReader reads the lines of a dump.
func newDumpReader(in io.Reader) *itemReader {
	r := newItemReader(in)
	r.maxItem, r.isDump = maxDumpLine, true
	return r
}

// verifies says that nothing is written.
func (l *dumpLoader) verifies() bool { return l.store == nil }
