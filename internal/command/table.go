package command

import (
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
func (t *table) begin(r io.Reader, longest int) error {
	t.in = &rowReader{r, longest, longest}
	t.rows = csv.NewReader(t.in)
	t.rows.ReuseRecord, t.rows.FieldsPerRecord = true, -1
	names, err := t.rows.Read()
	if err != nil {
		return tableError(err)
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
	if t.column = slices.Index(t.names, t.idField); t.column < 0 {
		return foreign(fmt.Sprintf("no column is named %q", t.idField), "the header has "+strings.Join(t.names, ", "))
	}
	return nil
}

// tableError is that of a header, or of an input, that cannot be read as CSV at all.
func tableError(err error) error {
	if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
		return foreign("the header is no CSV: "+parse.Err.Error(), "the first line names the fields")
	}
	return err
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
