package validation

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Document is what is validated.
type Document struct {
	ID     string          // "": it has none yet
	Body   json.RawMessage // an object, as package javascript has normalized it
	Update bool            // it is what an update makes of a stored document, with the metadata
	Now    time.Time       // for dates
}

// Check returns the first thing that is wrong with a document, as an error of Kuzzle's API.
func (s *Specification) Check(d Document) error {
	c := &checker{Document: d}
	if s == nil || s.check(c) {
		return nil
	}
	return c.err
}

// Report is all that is wrong with a document. Its JSON is Kuzzle's for document:validate.
type Report struct {
	Valid    bool     `json:"valid"`
	Messages messages `json:"errorMessages"`
}

// messages are what is wrong with a document as such, and with its fields.
type messages struct {
	Document []string `json:"documentScope,omitempty"`
	Fields   *scope   `json:"fieldScope,omitempty"`
}

// scope is what is wrong with a field, and with those within.
type scope struct {
	Messages []string          `json:"messages,omitempty"`
	Children map[string]*scope `json:"children,omitempty"`
}

// Report returns all that is wrong with a document.
func (s *Specification) Report(d Document) *Report {
	c := &checker{Document: d, report: &Report{}}
	c.report.Valid = s == nil || s.check(c)
	return c.report
}

// checker checks a document: up to the first thing that is wrong, or for a report.
type checker struct {
	Document
	err    error   // the first thing that is wrong
	report *Report // nil: the first thing is enough
}

// complain notes what is wrong with a field; path nil: with the document.
func (c *checker) complain(path []string, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case c.report == nil && c.err != nil:
	case c.report == nil && path == nil:
		c.err = apierror.New("validation.check.failed_document", text)
	case c.report == nil:
		c.err = apierror.New("validation.check.failed_field", strings.Join(path, "."), text)
	case path == nil:
		c.report.Messages.Document = append(c.report.Messages.Document, text)
	default:
		at := c.report.Messages.at(path)
		at.Messages = append(at.Messages, text)
	}
}

// at returns the scope of a field.
func (m *messages) at(path []string) *scope {
	if m.Fields == nil {
		m.Fields = &scope{}
	}
	at := m.Fields
	for _, name := range path {
		if at.Children == nil {
			at.Children = map[string]*scope{}
		}
		if at.Children[name] == nil {
			at.Children[name] = &scope{}
		}
		at = at.Children[name]
	}
	return at
}

// ended says whether to look no further.
func (c *checker) ended() bool { return c.report == nil && c.err != nil }

func (s *Specification) check(c *checker) bool {
	ok := s.fields == nil && !s.strict || s.checkRoot(c)
	if c.ended() {
		return false
	}
	if s.validators != nil && !s.validators.Match(c.ID, c.Body) {
		c.complain(nil, "The document does not match validation filters.")
		return false
	}
	return ok
}

func (s *Specification) checkRoot(c *checker) bool {
	if s.fields == nil {
		return true // Kuzzle: without fields there is nothing to be strict about
	}
	if name, ok := unspecified(c.Body, s.fields, s.strict, c.Update); ok {
		c.complain(nil, `The document validation is strict. Cannot add unspecified sub-field "%s"`, name)
		return false
	}
	return c.fields(c.Body, s.fields, s.strict)
}

// metadata is the name of Kuzzle's metadata in a document.
const metadata = "_kuzzle_info"

// unspecified returns the first field of an object that is not specified, where that is not allowed. With metadata
// those of Kuzzle are. (Kuzzle forgets them: there no strict document can be updated.)
func unspecified(object json.RawMessage, fields []*field, strict, withMetadata bool) (name string, found bool) {
	if !strict {
		return "", false
	}
	known := make(map[string]bool, len(fields))
	for _, f := range fields {
		known[f.name()] = true
	}
	for key := range rawjson.Members(object) {
		if name := request.Text(key); !known[name] && !(withMetadata && name == metadata) {
			return name, true
		}
	}
	return "", false
}

// fields checks the fields of an object.
func (c *checker) fields(object json.RawMessage, fields []*field, strict bool) bool {
	ok, values := true, valuesOf(object, fields)
	for i, f := range fields {
		value := values[i]
		if value == nil || value[0] == 'n' { // null
			if f.mandatory && !f.hasDefault {
				c.complain(f.path, "The field is mandatory.")
				ok = false
			}
		} else if !c.field(f, value, strict) {
			ok = false
		}
		if c.ended() {
			return false
		}
	}
	return ok
}

// valuesOf returns the values that fields have in an object, nil for those that are missing.
func valuesOf(object json.RawMessage, fields []*field) []json.RawMessage {
	values, places := make([]json.RawMessage, len(fields)), make(map[string]int, len(fields))
	for i, f := range fields {
		places[f.name()] = i
	}
	for key, value := range rawjson.Members(object) {
		if i, ok := places[request.Text(key)]; ok {
			values[i] = value
		}
	}
	return values
}

// field checks the value of a field, which is there.
func (c *checker) field(f *field, value json.RawMessage, strict bool) bool {
	list, ok := c.values(f, value)
	if !ok {
		return false
	}
	if f.strict != nil {
		strict = *f.strict
	}
	for _, one := range list {
		if wrong := f.check(one, c.Now); len(wrong) > 0 {
			for _, text := range wrong {
				c.complain(f.path, "%s", text)
			}
			return false
		}
		if len(f.fields) == 0 {
			continue
		}
		if name, found := unspecified(one, f.fields, strict, false); found {
			c.complain(f.path, `The field is set to "strict"; cannot add unspecified sub-field "%s".`, name)
			ok = false
		} else if !c.fields(one, f.fields, strict) {
			ok = false
		}
		if c.ended() {
			return false
		}
	}
	return ok
}

// values returns the values of a field: its elements, if it is to be a list.
func (c *checker) values(f *field, value json.RawMessage) (list []json.RawMessage, ok bool) {
	switch {
	case !f.many && value[0] == '[':
		c.complain(f.path, "The field is not a multivalued field; Multiple values provided.")
		return nil, false
	case !f.many:
		return []json.RawMessage{value}, true
	case value[0] != '[':
		c.complain(f.path, "The field must be multivalued, unary value provided.")
		return nil, false
	}
	list = elements(value)
	switch n := float64(len(list)); {
	case f.least != nil && n < f.least.n:
		c.complain(f.path, "Not enough elements. Minimum count is set to %s.", f.least.text)
		return nil, false
	case f.most != nil && n > f.most.n:
		c.complain(f.path, "Too many elements. Maximum count is set to %s.", f.most.text)
		return nil, false
	}
	return list, true
}
