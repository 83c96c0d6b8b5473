package command

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/kuzzlite/kuzzlite"
	"golang.org/x/term"
)

// output is standard output: NDJSON for programs, tables for people. Documents pass through it byte for byte, never
// through encoding/json. Write errors are kept by the bufio.Writer and come back from Flush.
type output struct {
	*bufio.Writer
	terminal bool
	width    int // columns of the terminal
	stream   any
	buf      []byte
}

func newOutput(w io.Writer) *output {
	o := &output{Writer: bufio.NewWriterSize(w, 64<<10), stream: w}
	if isTerminal(w) {
		o.terminal, o.width = true, 80
		o.measure()
	}
	return o
}

// measure finds out how wide the terminal is. What is no terminal stays as it is.
func (o *output) measure() {
	if width, _, ok := screenSize(o.stream); ok {
		o.width = width
	}
}

// columns returns how wide what is drawn may be.
func (o *output) columns() int {
	if o.terminal {
		return o.width
	}
	return plainWidth
}

// screenSize returns the columns and lines of a terminal, if the stream is one that tells.
func screenSize(stream any) (width, height int, ok bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return 0, 0, false
	}
	width, height, err := term.GetSize(int(f.Fd()))
	return width, height, err == nil && width > 0
}

// isTerminal says whether a person is at the other end of a stream.
func isTerminal(stream any) bool {
	if t, ok := stream.(typed); ok {
		stream = t.in
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// line writes JSON: one line when piped, indented on a terminal.
func (o *output) line(b []byte) error {
	if o.terminal {
		var indented bytes.Buffer
		if json.Indent(&indented, b, "", "  ") == nil { // only white space changes
			b = indented.Bytes()
		}
	}
	_, _ = o.Write(b)
	if err := o.WriteByte('\n'); err != nil {
		return outputError(err)
	}
	return nil
}

// A fact is one figure of a report about the store.
type fact struct {
	name  string // in JSON, and in lower camel case
	value any    // marshals to JSON
	text  string // for people
}

// facts writes a report: one JSON object when piped, a table on a terminal.
func (o *output) facts(facts ...fact) error {
	if o.terminal {
		t := tabwriter.NewWriter(o, 0, 8, 2, ' ', 0)
		for _, f := range facts {
			_, _ = io.WriteString(t, f.name+"\t"+printable(f.text)+"\n")
		}
		return t.Flush()
	}
	b := []byte{'{'}
	for i, f := range facts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, f.name)
		b = append(b, ':')
		b = appendJSON(b, f.value)
	}
	return o.line(append(b, '}'))
}

// A row is one entry of a list.
type row interface {
	appendJSON(dst []byte) []byte
	cells() []string // the last one may be cut to fit the terminal
}

// A list is written row by row, in flat memory.
type list struct {
	o     *output
	table *tabwriter.Writer // nil when piped
	rows  int
	live  bool // show each row at once

	emphasized bool // what stands in <em> in the last cell of the next row is shown in bold
}

// blockRows is how many rows a table on a terminal holds back to align them.
const blockRows = 200

// list begins a list whose table has these headings.
func (o *output) list(headings ...string) *list {
	l := &list{o: o}
	if o.terminal {
		l.table = tabwriter.NewWriter(o, 8, 8, 2, ' ', 0)
		l.put(headings)
	}
	return l
}

// add writes a row.
func (l *list) add(r row) error {
	l.rows++
	if l.table == nil {
		l.o.buf = append(r.appendJSON(l.o.buf[:0]), '\n')
		if _, err := l.o.Write(l.o.buf); err != nil || l.live {
			return l.end()
		}
		return nil
	}
	l.put(r.cells())
	if l.live || l.rows%blockRows == 0 {
		return l.end()
	}
	return nil
}

func (l *list) put(cells []string) {
	used := 0
	for i, c := range cells {
		c = printable(c)
		if i == len(cells)-1 {
			if c = cut(c, l.o.width-used-2*i); l.emphasized {
				c = inBold(c)
			}
		} else {
			c += "\t"
		}
		used += max(len(c), 8)
		_, _ = io.WriteString(l.table, c)
	}
	_, _ = io.WriteString(l.table, "\n")
}

// end writes what is held back. A list without rows shows nothing but its headings.
func (l *list) end() error {
	if l.table != nil {
		_ = l.table.Flush() // into a bufio.Writer, which keeps the error
	}
	if err := l.o.Flush(); err != nil {
		return outputError(err)
	}
	return nil
}

// printable returns s without what could move a terminal's cursor or be mistaken for more lines.
func printable(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unprintable(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

func unprintable(r rune) bool { return r != ' ' && !unicode.IsGraphic(r) }

// cut shortens s to width runes, but not below 20.
func cut(s string, width int) string {
	width = max(width, 20)
	n := 0
	for i := range s {
		if n++; n == width {
			if len([]rune(s[i:])) > 1 {
				return s[:i] + "…"
			}
			break
		}
	}
	return s
}

// documentHeadings are those of a list of documents.
var documentHeadings = []string{"ID", "VERSION", "DOCUMENT"}

// documentRow is a document in a list.
type documentRow struct{ kuzzlite.Document }

func (d documentRow) appendJSON(dst []byte) []byte { return d.AppendJSON(dst) }
func (d documentRow) cells() []string {
	return []string{d.ID, strconv.FormatUint(d.Version, 10), string(d.Source[:min(len(d.Source), 4<<10)])}
}

// appendJSON appends the JSON of a small value that is no document, without HTML's escapes.
func appendJSON(dst []byte, v any) []byte {
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // strings, numbers, times: cannot happen
		return append(dst, "null"...)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
