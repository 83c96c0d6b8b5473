package command

import (
	"context"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/pflag"
)

// What find prints: a list, or with --json one object.

// A documentList is where documents are listed.
type documentList interface {
	add(row) error
	end() error
}

// newList begins the list.
func (f *finder) newList() documentList {
	if f.asJSON {
		return &jsonList{o: f.app.out, ids: f.ids}
	}
	return f.app.out.list(f.headings()...)
}

// jsonList writes {"documents": […], "next": "…"}, or {"ids": […], "next": "…"}. If an error ends it, the object is not
// closed: nobody takes it for a whole one.
type jsonList struct {
	o    *output
	ids  bool
	rows int
	next string
	buf  []byte
}

func (l *jsonList) add(r row) error {
	l.buf = l.separator(l.buf[:0])
	l.rows++
	return l.write(r.appendJSON(l.buf))
}

// separator appends what comes before the next row.
func (l *jsonList) separator(dst []byte) []byte {
	switch {
	case l.rows > 0:
		return append(dst, ',')
	case l.ids:
		return append(dst, `{"ids":[`...)
	}
	return append(dst, `{"documents":[`...)
}

func (l *jsonList) end() error {
	l.buf = l.buf[:0]
	if l.rows == 0 {
		l.buf = l.separator(l.buf)
	}
	l.buf = appendJSON(append(l.buf, `],"next":`...), l.next)
	return l.write(append(l.buf, "}\n"...))
}

func (l *jsonList) write(b []byte) error {
	l.buf = b
	if _, err := l.o.Write(b); err != nil {
		return outputError(err)
	}
	return nil
}

// page lists the documents up to the limit, and says how to go on behind them.
func (f *finder) page(ctx context.Context, col anyCollection, q kuzzlite.Query) error {
	page, err := col.FindPage(ctx, q, &f.options)
	if err != nil {
		return err
	}
	list := f.newList()
	if l, isJSON := list.(*jsonList); isJSON {
		l.next = page.Next
	}
	for _, doc := range page.Documents {
		if err := list.add(f.row(doc)); err != nil {
			return err
		}
	}
	if err := list.end(); err != nil {
		return err
	}
	if page.Next != "" && !f.asJSON {
		fmt.Fprintf(f.app.stderr, "there is more:\n  %s\n", printable(f.nextCommand(page.Next)))
	}
	return nil
}

// nextCommand is the command as it was given, but for where it begins.
func (f *finder) nextCommand(cursor string) string {
	words := ""
	f.cmd.Flags().Visit(func(flag *pflag.Flag) {
		switch {
		case flag.Name == "after" || flag.Name == "db" || flag.Value.String() == "false":
		case flag.Name == "sort":
			words += f.sort.words()
		case flag.Name == "fields":
			words += shellFlag("fields", joinList(f.paths))
		case flag.Value.Type() == "bool":
			words += " --" + flag.Name
		default:
			words += shellFlag(flag.Name, flag.Value.String())
		}
	})
	return f.app.hint("find"+words+shellFlag("after", cursor), f.args...)
}

// shellFlag returns a flag with a value, for a POSIX shell, with a blank before it.
func shellFlag(name, value string) string { return " --" + name + " " + shellQuote(value) }
