package aggregation

import (
	"time"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/automaton"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// keyFilter says which keys become buckets: by include and exclude, which are regular expressions of Lucene or lists.
type keyFilter struct{ include, exclude *keySet }

// keySet is a set of keys; nil is no condition.
type keySet struct {
	pattern *automaton.Automaton
	keys    map[string]bool
}

// checkKeyList returns an error for what is neither a pattern nor a list.
func checkKeyList(raw []byte) error {
	if raw[0] == '{' {
		return &Error{Reason: "[terms] partitions of [include] are not supported: use composite to page through all values"}
	}
	if raw[0] == '[' {
		for _, e := range elements(raw) {
			if e[0] == '{' || e[0] == '[' || e[0] == 'n' {
				return plainError("a list must have values, and has a %s", rawjson.Token(e))
			}
		}
	}
	return nil
}

// keeps returns the filter of a field.
func (d *termsOf) keeps(p *plan, f *field, now time.Time) (*keyFilter, error) {
	return keepsOf(p, f, d.include, d.exclude, now)
}

func keepsOf(p *plan, f *field, include, exclude []byte, now time.Time) (*keyFilter, error) {
	var err error
	filter := &keyFilter{}
	if filter.include, err = keySetOf(p, f, include, now); err == nil {
		filter.exclude, err = keySetOf(p, f, exclude, now)
	}
	return filter, err
}

// keySetOf returns the set that a pattern or a list describes.
func keySetOf(p *plan, f *field, raw []byte, now time.Time) (*keySet, error) {
	switch {
	case raw == nil:
		return nil, nil
	case raw[0] == '[':
		set := &keySet{keys: map[string]bool{}}
		for _, e := range elements(raw) {
			key, err := f.parse(e, now)
			if err != nil {
				return nil, p.wrong("%v", err)
			}
			set.keys[string(key)] = true
		}
		return set, nil
	case f.Class == docvalues.Long || f.Class == docvalues.Double || f.Class == docvalues.Boolean ||
		f.Class == docvalues.Date:
		return nil, p.wrong("Aggregation [%s] cannot support regular expression style include/exclude settings as they can "+
			"only be applied to string fields. Use an array of numeric values for include/exclude clauses used to filter "+
			"numeric fields", p.name)
	}
	a, err := automaton.Regexp(textOf(raw), automaton.Options{})
	if err != nil {
		return nil, p.wrong("%v", err)
	}
	return &keySet{pattern: a}, nil
}

func (s *keySet) has(key []byte) bool {
	if s.pattern != nil {
		return key[0] == tagText && s.pattern.Match(key[1:])
	}
	return s.keys[string(key)]
}

func (f *keyFilter) keeps(key []byte) bool {
	return (f.include == nil || f.include.has(key)) && (f.exclude == nil || !f.exclude.has(key))
}
