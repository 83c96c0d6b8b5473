package command

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const formCSV = "CSV"

// A table is CSV whose first line names the fields. It makes an item of each row.
type table struct {
	idField string
	strings bool
	comma   rune // between fields; 0: a comma

	rows   *csv.Reader
	in     *rowReader
	names  []string
	column int // that has the ids
	doc    []byte
}

// rowReader bounds a row: a quote that is never closed would have all of the input read into memory.
type rowReader struct {
	r         io.Reader
	left, max int
}

func (r *rowReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, &failure{code: exitStore, err: fmt.Errorf("a row is longer than %d bytes: is a quote missing?", r.max)}
	}
	n, err := r.r.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// begin reads the header.
func (t *table) begin(r *bufio.Reader, longest int) error {
	t.comma = cmp.Or(t.comma, ',')
	separator := otherSeparator(firstLine(r), t.comma)
	t.in = &rowReader{r, longest, longest}
	t.rows = csv.NewReader(t.in)
	t.rows.Comma = t.comma
	t.rows.ReuseRecord, t.rows.FieldsPerRecord = true, -1
	names, err := t.rows.Read()
	if err != nil {
		return tableError(err, separator)
	}
	t.names = slices.Clone(names)
	for i, name := range t.names {
		switch {
		case name == "" || !utf8.ValidString(name):
			return foreign(fmt.Sprintf("column %d of the header has no name in UTF-8", i+1), "the first line names the fields")
		case strings.Contains(name, "\r"):
			return foreign("the header has a carriage return within a name", "lines must end with LF, or CR and LF")
		case slices.Contains(t.names[:i], name):
			return foreign(fmt.Sprintf("two columns are named %q", name), "each field needs a name of its own")
		}
	}
	if t.column = slices.Index(t.names, t.idField); t.column < 0 && separator != "" {
		return foreign(fmt.Sprintf("no column is named %q: there is no %q in the header", t.idField, t.comma), separator)
	} else if t.column < 0 {
		return foreign(fmt.Sprintf("no column is named %q", t.idField), "the header has "+strings.Join(t.names, ", "))
	}
	return nil
}

// tableError is that of a header, or of an input, that cannot be read as CSV at all. separator is what otherSeparator
// says.
func tableError(err error, separator string) error {
	if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
		return foreign("the header is no CSV: "+parse.Err.Error(), cmp.Or(separator, "the first line names the fields"))
	}
	return err
}

// firstLine returns the first line, or what is buffered of it, without reading it.
func firstLine(r *bufio.Reader) string {
	_, _ = r.Peek(1)
	b, _ := r.Peek(r.Buffered())
	line, _, _ := bytes.Cut(b, []byte{'\n'})
	return string(line)
}

// otherSeparator is advice on a header that seems to have another separator between its fields than comma, "" if it
// does not.
func otherSeparator(header string, comma rune) string {
	if strings.ContainsRune(header, comma) {
		return ""
	}
	for _, c := range ";\t|," {
		switch {
		case !strings.ContainsRune(header, c):
		case c == '\t':
			return "its fields seem to be separated by tabs: pass --separator " + tabName
		default:
			return fmt.Sprintf("its fields seem to be separated by %c: pass --separator '%c'", c, c)
		}
	}
	return ""
}

// next returns the next row as an item, or the reason why it is none, and the line that it begins on.
func (t *table) next(dst []byte) (item []byte, reason string, line int, err error) {
	t.in.left = t.in.max
	cells, err := t.rows.Read()
	if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
		return nil, "invalid CSV: " + parse.Err.Error(), parse.StartLine, nil
	}
	if err != nil {
		return nil, "", 0, err
	}
	line, _ = t.rows.FieldPos(0)
	if len(cells) != len(t.names) {
		return nil, fmt.Sprintf("the row has %d fields, and the header %d", len(cells), len(t.names)), line, nil
	}
	doc := append(t.doc[:0], '{')
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			return nil, fmt.Sprintf("field %q is not valid UTF-8", t.names[i]), line, nil
		}
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = append(appendJSON(doc, t.names[i]), ':')
		doc = t.appendCell(doc, cell)
	}
	t.doc = append(doc, '}')
	if cells[t.column] == "" {
		return nil, fmt.Sprintf("field %q, which has the id, is empty", t.idField), line, nil
	}
	return appendItem(dst, appendJSON(nil, cells[t.column]), t.doc), "", line, nil
}

// appendCell appends the JSON of a cell. Numbers are those of JSON, digit by digit: 007 is a string.
func (t *table) appendCell(dst []byte, cell string) []byte {
	switch {
	case t.strings:
	case cell == "":
		return append(dst, "null"...)
	case cell == "true" || cell == "false",
		(cell[0] == '-' || cell[0] >= '0' && cell[0] <= '9') && strings.TrimSpace(cell) == cell && json.Valid([]byte(cell)):
		return append(dst, cell...)
	}
	return appendJSON(dst, cell)
}
