package query

import (
	"slices"
	"strings"
)

// Schema says what the fields of documents are, as an Elasticsearch mapping does: which type a field has, and so how
// its values are compared, and which fields there are at all. It does not change; any number of goroutines may use it.
type Schema struct {
	fields map[string]*schemaField // by the whole name, sub-fields and aliases too
	names  []string                // of these, ascending
	nested []string                // the paths of nested objects
}

// schemaField is a field of a schema.
type schemaField struct {
	kind   kind
	paths  []string // where its values are: its own path, and those of the fields that are copied to it
	nested string   // the path of the nested object around it; "": none
}

// mappedField returns a field of the schema by its name, nil if there is none.
func (c *compiler) mappedField(name string) *field {
	s := c.schema.fields[name]
	if s == nil {
		s = c.schema.flattenedKey(name)
	}
	if s == nil {
		return nil
	}
	f := &field{name: name, kind: s.kind}
	if s.nested == c.nested { // other nested objects are not in sight
		for _, path := range s.paths {
			if in, ok := c.relative(path); ok {
				f.slots, f.paths = append(f.slots, c.fields.Each(in)), append(f.paths, path)
			}
		}
	}
	return f
}

// flattenedKey returns the field of a key of a flattened object, nil if the name is none of such.
func (s *Schema) flattenedKey(name string) *schemaField {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] != '.' {
			continue
		}
		parent := s.fields[name[:i]]
		if parent == nil {
			continue
		}
		k, ok := parent.kind.(*flattenedKind)
		if !ok {
			return nil
		}
		key := &schemaField{nested: parent.nested}
		key.kind = &flattenedKind{keywordKind: k.keywordKind, keyed: true}
		for _, path := range parent.paths {
			key.paths = append(key.paths, path+name[i:])
		}
		return key
	}
	return nil
}

// metadataFields are Elasticsearch's own fields. Of these, only _id can be asked for, and _index where it is known.
var metadataFields = []string{
	"_doc_count", "_field_names", "_ignored", "_ignored_source", "_index", "_nested_path", "_routing", "_seq_no",
	"_source", "_tier", "_version",
}

// everywhere are the fields that Elasticsearch gives to each document.
var everywhere = []string{"_index", "_seq_no", "_version"}

// metadata returns the error of a field that Elasticsearch has beside those of a mapping, nil for any other.
func metadata(name string) error {
	switch {
	case name == "_source":
		return plainly("The _source field is not searchable")
	case slices.Contains(metadataFields, name):
		return plainly("queries on the field [%s] are not supported", name)
	}
	return nil
}

// exists returns the test of an exists clause: the name of a field, or a pattern with stars for names, or the name of
// an object, of which any field below must have a value.
func (c *compiler) exists(name string) (test, error) {
	if slices.Contains(everywhere, name) {
		return func(*document) bool { return true }, nil
	}
	if strings.Contains(name, "*") && matchesStars(name, "_source") {
		return nil, aboutField(name, metadata("_source"))
	}
	fields := c.schema.matching(name)
	if len(fields) == 0 {
		fields = c.schema.matching(name + ".*")
	}
	if len(fields) == 0 {
		fields = []string{name}
	}
	var tests []test
	for _, f := range fields {
		t, err := c.test(f, func(k kind) (valueTest, error) { return k.exists(), nil })
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return func(d *document) bool {
		for _, t := range tests {
			if t(d) {
				return true
			}
		}
		return false
	}, nil
}

// matching returns the fields of which a pattern matches the whole name.
func (s *Schema) matching(pattern string) (names []string) {
	if !strings.Contains(pattern, "*") {
		if s.fields[pattern] != nil {
			names = append(names, pattern)
		}
		return names
	}
	for _, name := range s.names {
		if matchesStars(pattern, name) {
			names = append(names, name)
		}
	}
	return names
}

// matchesStars says whether a pattern, in which a star stands for any text, matches a name. The cost is at most linear
// in the length of the name times that of the pattern.
func matchesStars(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}
