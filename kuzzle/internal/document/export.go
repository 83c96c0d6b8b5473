package document

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/search"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// export is the action document:export: it streams the documents that a query finds, as lines of JSON or as CSV, over
// HTTP. What is wrong is found before the first byte, as far as that can be.
func export(c *api.Call) (api.Result, error) {
	e, raw, koncorde, err := readExport(c)
	if err != nil {
		return nil, err
	}
	if c.Protocol != request.HTTP {
		return nil, apierror.New("api.assert.unsupported_protocol", string(c.Protocol), "document:export")
	}
	t := search.Target{Index: e.index, Collection: e.name}
	q, err := search.For(c, t, raw, koncorde)
	if err != nil {
		return nil, err
	}
	col := c.Store.Collection(e.index, e.name)
	if _, err := col.Explain(c.Context, q); err != nil {
		return nil, t.Error(err)
	}
	if e.format == "csv" && len(e.fields) == 0 {
		k, err := c.Store.Known(c.Context, e.index, e.name)
		if err != nil {
			return nil, storage.Error(err, e.index, e.name)
		}
		e.fields = mappedFields(nil, "", k.Mapping)
	}
	contentType := "html/text" // as Kuzzle has it
	if e.format == "csv" {
		contentType = "text/csv"
	}
	return &api.Stream{
		ContentType: contentType, FileName: e.index + "-" + e.name + "." + e.format,
		Write: func(w io.Writer) error {
			out := bufio.NewWriter(w)
			e.header(out)
			return errors.Join(e.pages(c, q, out), out.Flush())
		},
	}, nil
}

// pages writes the documents, page by page, as searches see them.
func (e *exporting) pages(c *api.Call, q kuzzlite.Query, out *bufio.Writer) error {
	o := &kuzzlite.FindOptions{Timeout: -1, MaxScan: -1, Limit: min(max(e.size, 1), maxPage)}
	for {
		var page *kuzzlite.Page
		err := c.Store.Searched(c.Context, func(store *kuzzlite.Store) (err error) {
			page, err = store.Collection(e.index, e.name).FindPage(c.Context, q, o)
			return err
		})
		if err != nil {
			return err
		}
		for _, doc := range page.Documents {
			if _, err := out.Write(e.line(doc)); err != nil {
				return err
			}
		}
		if o.After = page.Next; o.After == "" {
			return nil
		}
	}
}

// maxPage is how many documents of an export are in memory at once.
const maxPage = 1000

// exporting are the arguments of an export.
type exporting struct {
	index, name, format, separator string
	size                           int // documents of a page
	fields                         []string
	names                          json.RawMessage // what the fields are called in the header
}

// readExport reads the arguments: what to export is in the body if there is one, and else among the others.
func readExport(c *api.Call) (e *exporting, query json.RawMessage, koncorde bool, err error) {
	a := c.Args()
	e = &exporting{format: a.StringOr("format", "jsonl"), separator: a.StringOr("separator", ",")}
	e.index, e.name = a.Collection()
	if e.format != "jsonl" && e.format != "csv" {
		a.Check(apierror.New("api.assert.invalid_argument", "format", `"jsonl" or "csv"`))
	}
	e.size = a.IntegerOr("size", 10)
	a.StringOr("scroll", "5s")
	koncorde = a.Koncorde()
	none, read := json.RawMessage("{}"), a.ObjectOr
	fields := json.RawMessage("[]")
	if a.Body != nil {
		read = func(name string, otherwise json.RawMessage) json.RawMessage {
			return a.BodyFieldOr(name, request.Object, otherwise)
		}
		fields = a.BodyFieldOr("fields", request.List, fields)
	} else if _, ok := a.Arg("fields"); ok {
		fields = a.Array("fields")
	}
	query, e.names = read("query", none), read("fieldsName", none)
	if collapse := read("collapse", none); a.Err == nil && string(collapse) != "{}" {
		a.Check(storage.BadRequest("[collapse] is not supported by this server yet"))
	}
	if a.Err == nil {
		for field := range request.Elements(fields) {
			e.fields = append(e.fields, request.Text(field))
		}
	}
	return e, query, koncorde, a.Err
}

// mappedFields appends the leaves of a mapping, but for Kuzzle's own.
func mappedFields(list []string, prefix string, mapping json.RawMessage) []string {
	properties, _ := rawjson.Lookup(mapping, "properties")
	for key, field := range rawjson.Members(properties) {
		name := prefix + request.Text(key)
		if _, hasFields := rawjson.Lookup(field, "properties"); hasFields && name != metadata {
			list = mappedFields(list, name+".", field)
		} else if !hasFields {
			list = append(list, name)
		}
	}
	return list
}

// header writes the first line.
func (e *exporting) header(w *bufio.Writer) {
	if e.format == "jsonl" {
		first := api.Object("collection", e.name, "index", e.index, "type", "collection")
		_, _ = w.Write(append(first.AppendJSON(nil), '\n')) // an error comes back from Flush
		return
	}
	columns := []string{"_id"}
	for _, field := range e.fields {
		if name, ok := rawjson.Lookup(e.names, field); ok {
			field = request.Text(name)
		}
		columns = append(columns, e.cell(field))
	}
	_, _ = w.WriteString(strings.Join(columns, e.separator) + "\n")
}

// line returns a document as a line.
func (e *exporting) line(doc kuzzlite.Document) []byte {
	if e.format == "jsonl" {
		out := rawjson.AppendString([]byte(`{"_id":`), doc.ID)
		return append(append(append(out, `,"body":`...), doc.Source...), "}\n"...)
	}
	out := []byte(e.cell(doc.ID))
	for _, field := range e.fields {
		out = append(append(out, e.separator...), e.cell(printedField(doc.Source, field))...)
	}
	return append(out, '\n')
}

// printedField returns a field of a document as it stands in CSV.
func printedField(source json.RawMessage, field string) string {
	value, ok := rawjson.Lookup(source, field)
	for rest := field; !ok; {
		name, behind, more := strings.Cut(rest, ".")
		inner, found := rawjson.Lookup(source, name)
		if !found {
			return ""
		}
		if !more {
			value = inner
			break
		}
		source, rest = inner, behind
	}
	switch value[0] {
	case '{', '[':
		return "[OBJECT]"
	case 'n':
		return ""
	}
	return request.Text(value)
}

// cell returns a text as a cell of CSV: in quotes where it would be taken for several cells. (Kuzzle writes no
// quotes.)
func (e *exporting) cell(text string) string {
	if !strings.ContainsAny(text, "\"\r\n") && (e.separator == "" || !strings.Contains(text, e.separator)) {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}
