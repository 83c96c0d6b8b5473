package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A loader writes the items of an input, batch by batch, for mupsert and import.
type loader struct {
	app    *app
	cmd    *cobra.Command // for the line that says how to go on
	args   []string
	in     *itemReader
	limits limits
	strict bool // stop after the first batch in which something failed
	atomic bool // all or nothing
	goOn   bool // even if all items fail in the same way
	report *report
	lacked string // what the first document is to make: "store", "collection", or nothing

	// look looks at each batch once it is read, while the one before may be being written; nil: nobody does.
	look func(*batch)

	// write writes the items of a batch. The result's positions are those of the batch's spans when it returns: it may
	// drop items to the bad ones.
	write func(context.Context, *batch) (*kuzzlite.Result, error)

	// inOne calls load in a transaction, for an atomic load in batches; nil: the input is one batch then.
	inOne func(ctx context.Context, load func(context.Context) error) error
}

// openInput opens the file that the third argument names.
func (a *app) openInput(args []string) (in io.ReadCloser, size int64, err error) {
	return a.openFile(strings.Join(args[2:], ""))
}

// openFile opens a file, standard input if the name is "" or "-". The size is for the progress.
func (a *app) openFile(name string) (in io.ReadCloser, size int64, err error) {
	if !isFile(name) {
		size := int64(unknownSize)
		if isTerminal(a.stdin) {
			size = 0 // who types needs no bar
			fmt.Fprintln(a.stderr, "reading items from the terminal; Ctrl-D on a line of its own ends them")
		}
		if f, ok := a.stdin.(*os.File); ok && isDir(f) {
			return nil, 0, &failure{code: exitStore, err: errors.New("standard input is a directory")}
		}
		return stdin{a.stdin}, size, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, 0, errors.Join(err, f.Close())
	case info.IsDir():
		return nil, 0, errors.Join(&failure{code: exitStore, err: fmt.Errorf("%s is a directory", name)}, f.Close())
	case info.Mode().IsRegular():
		size = info.Size()
	}
	return f, size, nil
}

// stdin is standard input, which stays open.
type stdin struct{ io.Reader }

func (stdin) Close() error { return nil }

func isDir(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.IsDir()
}

// newReport begins the report of a load.
func (a *app) newReport(size int64, asJSON bool) *report {
	r := &report{begun: time.Now(), stderr: a.stderr, progress: a.newProgress(size)}
	if asJSON {
		r.answer = newAnswer(a.out)
	}
	return r
}

// load reads and writes everything, and reports what became of it.
func (l *loader) load(ctx context.Context) error {
	err := l.batches(ctx)
	if flushErr := l.report.flush(); err == nil {
		err = flushErr
	}
	if l.report.answer != nil {
		if endErr := l.report.answer.end(); err == nil && endErr != nil {
			err = outputError(endErr)
		}
	}
	if err == nil && l.in.items == 0 {
		err = l.empty()
	}
	if err == nil && len(l.in.others) > 0 {
		l.report.progress.clear()
		fmt.Fprintf(l.app.stderr, "ignored beside the documents: %s; flags are for that\n",
			printable(strings.Join(l.in.others, ", ")))
	}
	if notice := l.in.notice(); err == nil && notice != "" {
		l.report.progress.clear()
		fmt.Fprintln(l.app.stderr, notice)
	}
	if l.report.total() > 0 || err == nil {
		l.report.summary()
	} else {
		l.report.progress.clear()
	}
	switch {
	case err != nil || l.report.failed == 0:
		return err
	case l.in.torn && l.report.written() == 0:
		return l.torn("nothing was written")
	case l.in.torn:
		return l.torn("what came before is written")
	case l.report.damage != nil:
		return l.report.damage
	case l.report.unread == l.report.total() && l.in.form == formNDJSON:
		return noItems(l.report.advice())
	}
	return &failure{code: exitFailed, hint: l.report.advice()} // each has been listed
}

// empty ends a load without items, which is an error if something was to be made of them.
func (l *loader) empty() error {
	if l.lacked == "" {
		fmt.Fprintln(l.app.stderr, l.in.emptiness())
		return nil
	}
	verb := "create-collection"
	if l.lacked == "store" {
		verb += " --create"
	}
	return &failure{exitStore, fmt.Errorf("%s, so no %s was made", l.in.emptiness(), l.lacked),
		"see what went wrong where the input comes from; if nothing did,\n" +
			"`" + l.app.hint(verb, l.app.index, l.app.collection) + "` makes an empty collection"}
}

// torn ends a load whose array breaks off.
func (l *loader) torn(hint string) error {
	return foreign("the input ends before the end of the "+l.in.form, hint)
}

// noItems ends a load in which no line was an item: then it is likely that the file is of some other kind. advice is
// which one, "" if that is not known.
func noItems(advice string) error {
	return &failure{exitFailed, errors.New("no line of the input is an item"), cmp.Or(advice,
		"input that begins neither with [ nor with { is read as NDJSON, one item a line:\n"+
			`{"_id": "…", "changes": {…}}; a table needs --csv and --id-field NAME`)}
}

// batches writes batch after batch until the end of the input, or until it has to stop.
func (l *loader) batches(ctx context.Context) error {
	switch {
	case l.inOne != nil:
		return l.wholeInBatches(ctx)
	case l.atomic:
		return l.whole(ctx)
	}
	reader := readBatches(ctx, l.in, l.limits, l.look)
	var done progressMark
	for {
		b, err := reader.next(ctx)
		if err != nil {
			return l.interrupted(done)
		}
		if errors.Is(b.err, errDamaged) { // the items of the batch may be wrong, too
			return l.damaged(b.err)
		}
		failed := l.report.failed
		if err := l.commit(context.WithoutCancel(ctx), b); err != nil { // an interrupt stops between batches
			return l.stopped(done, err)
		}
		done = b.mark
		l.report.progress.set(l.in.raw.n.Load())
		switch {
		case b.err == io.EOF:
			return nil
		case errors.Is(b.err, errCutShort):
			return l.cutShort(b.err)
		case l.in.form == "":
			return readError(b.err) // not even its beginning could be read: to run the command again does not help
		case b.err != nil:
			return l.stopped(done, readError(b.err))
		case l.strict && l.report.failed > failed:
			return l.stopped(done, strictError())
		case !l.goOn && l.report.same.hopeless():
			return l.report.same.err(l.report.advice())
		}
		reader.recycle(b)
	}
}

// commit writes one batch and takes in what became of it.
func (l *loader) commit(ctx context.Context, b *batch) error {
	res, err := l.write(ctx, b)
	if err != nil && !errors.Is(err, kuzzlite.ErrIncomplete) {
		return err
	}
	l.report.bad(b.bad)
	if err := l.report.result(res, b); err != nil {
		return err
	}
	return l.report.flush()
}

// whole writes the input as one batch: all of it or nothing.
func (l *loader) whole(ctx context.Context) error {
	b, err := readBatches(ctx, l.in, unlimited, l.look).next(ctx)
	switch {
	case err != nil:
		return interruption("nothing was written")
	case b.err != io.EOF:
		return unwritten(b.err)
	}
	n := len(b.spans) + len(b.bad)
	if len(b.bad) > 0 { // no need to ask the store
		b.spans = nil
	}
	if err := l.commit(ctx, b); err != nil {
		return err
	}
	return l.notWhole(n)
}

// notWhole returns why nothing of n items is written by an atomic load, nil if all are.
func (l *loader) notWhole(n int) error {
	switch {
	case n == 0 && l.lacked != "": // said before the transaction makes it
		return l.empty()
	case l.in.torn:
		return l.torn("nothing was written")
	case l.report.failed > 0:
		err := fmt.Errorf("nothing was written, because %d of %d documents failed and --atomic is given", l.report.failed, n)
		return &failure{exitFailed, err, l.report.advice()}
	}
	return nil
}

// cutShort ends a load whose compressed input is cut short.
func (l *loader) cutShort(err error) error {
	hint := "nothing was written; get the whole file, and run the command again"
	if n := l.report.written(); n > 0 {
		hint = fmt.Sprintf("%s before the cut are written; get the whole file, and run the command again:\n"+
			"to begin at its start does no harm", counted(uint64(n), "document"))
	}
	return &failure{exitStore, err, hint}
}

// damaged ends a load whose compressed input is damaged. What was wrong before may have looked right.
func (l *loader) damaged(err error) error {
	hint := nothingOfDamaged
	if l.report.written() > 0 {
		hint = "documents written so far may be wrong: get the file again"
		if l.cmd.Flags().Lookup("atomic") != nil {
			hint += ";\nwith --atomic nothing would have been written"
		}
	}
	return &failure{exitStore, err, hint}
}

const nothingOfDamaged = "nothing was written; get the file again"

// wholeInBatches writes the input batch by batch in one transaction: all of it or nothing.
func (l *loader) wholeInBatches(ctx context.Context) error {
	// What is live is the transaction, which only grows: a collector that lets as much garbage beside it would double it.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	err := l.inOne(ctx, func(ctx context.Context) error {
		reader, n := readBatches(ctx, l.in, l.limits, l.look), 0
		for {
			b, err := reader.next(ctx)
			if err != nil {
				return interruption("nothing was written")
			}
			n += len(b.spans) + len(b.bad)
			if err := l.commit(ctx, b); err != nil {
				return err
			}
			l.report.progress.set(l.in.raw.n.Load())
			switch {
			case b.err == io.EOF:
				return l.notWhole(n)
			case b.err != nil:
				return unwritten(b.err)
			}
			reader.recycle(b)
		}
	})
	if err != nil {
		l.report.created, l.report.updated, l.report.unchanged = 0, 0, 0
	}
	if errors.Is(err, kuzzlite.ErrTooLarge) {
		err = &failure{exitStore, err, "nothing was written; leave --atomic out, or load less at once"}
	}
	return err
}

func strictError() error {
	return &failure{code: exitFailed, err: errors.New("stopped, because some documents failed and --strict is given")}
}

func readError(err error) error {
	if f := (*failure)(nil); errors.As(err, &f) {
		return err
	}
	return fmt.Errorf("read input: %w", err)
}

// unwritten ends an atomic load whose input cannot be read to its end.
func unwritten(err error) error {
	switch {
	case errors.Is(err, errCutShort):
		return &failure{exitStore, err, "nothing was written; get the whole file, and run the command again"}
	case errors.Is(err, errDamaged):
		return &failure{exitStore, err, nothingOfDamaged}
	}
	return readError(err)
}

// interrupted ends a load between two batches.
func (l *loader) interrupted(done progressMark) error {
	if done.items == 0 {
		return interruption("nothing was written")
	}
	return l.stopped(done, &failure{code: exitStore, err: errors.New("interrupted")})
}

// stopped adds to an error how far the load has come and how to go on with it.
func (l *loader) stopped(done progressMark, err error) error {
	f := l.app.explain(err)
	hint := l.resume(done)
	if f.hint != "" {
		hint = f.hint + "\n" + hint
	}
	return &failure{f.code, f.err, hint}
}

// resume says how to go on after a load that stopped.
func (l *loader) resume(done progressMark) string {
	switch {
	case done.items == 0:
		return "no batch was completed: run the command again"
	case l.in.form != formNDJSON:
		return counted(uint64(done.items), "item") + " done; to run the command again from the start does no harm"
	}
	if l.app.session != nil && l.app.terminals == [2]bool{true, true} {
		return l.resumeAtPrompt(done)
	}
	tail := "tail -n +" + strconv.Itoa(done.line+1)
	file := "" // none, if its content comes through a pipe
	from := "… | "
	if len(l.args) > 2 && l.args[2] != "-" {
		file, from = " "+shellFile(l.args[2]), ""
	}
	if l.in.decompressor != "" {
		from += l.in.decompressor + file + " | " + tail
	} else {
		from += tail + file
	}
	return fmt.Sprintf("%s done; to go on with line %d:\n%s | %s",
		counted(uint64(done.line), "line"), done.line+1, from, l.commandLine())
}

// resumeAtPrompt says how to go on in a shell, which has no pipes, and leaves the store to no other command.
func (l *loader) resumeAtPrompt(done progressMark) string {
	text := counted(uint64(done.line), "line") + " done; "
	if len(l.args) < 3 || l.args[2] == "-" {
		return text + "run the command again for what comes behind"
	}
	return text + "to run the command again from the start does no harm"
}

// commandLine is the command as it was given, but for the file that it reads.
func (l *loader) commandLine() string {
	words := []string{l.cmd.CommandPath()}
	l.cmd.Flags().Visit(func(f *pflag.Flag) {
		word := "--" + f.Name
		if f.Value.Type() != "bool" {
			word += " " + shellQuote(f.Value.String())
		}
		words = append(words, word)
	})
	if l.app.session != nil { // the pipe is for a shell of the system
		words = append(words, "--db "+shellQuote(l.app.db))
	}
	return strings.Join(words, " ") + shellWords(l.args[:2])
}
