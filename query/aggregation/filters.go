package aggregation

import (
	"cmp"
	"slices"

	"github.com/kuzzlite/kuzzlite/query"
)

// filters is filters: a bucket for each of several queries.
type filters struct {
	list     []namedFilter
	named    bool
	keyed    bool
	other    bool
	otherKey string
}

type namedFilter struct {
	name string
	*query.Query
}

func readFilters(n *node, raw []byte) (definition, error) {
	d := &filters{keyed: true, otherKey: "_other_"}
	err := n.read(n.typ, raw, options{
		"filters": {"{[", d.readList}, "keyed": boolean(&d.keyed), "other_bucket": boolean(&d.other),
		"other_bucket_key": {`"`, func(raw []byte) error { d.other, d.otherKey = true, textOf(raw); return nil }},
	})
	if err == nil && len(d.list) == 0 {
		err = n.wrong("[filters] cannot be empty.")
	}
	return d, err
}

func (d *filters) readList(raw []byte) error {
	d.list, d.named = nil, raw[0] == '{'
	add := func(name string, raw []byte) error {
		q, err := readQuery(raw)
		d.list = append(d.list, namedFilter{name, q})
		return err
	}
	if d.named {
		for _, m := range members(raw) {
			if err := add(m.key, m.value); err != nil {
				return err
			}
		}
		slices.SortFunc(d.list, func(a, b namedFilter) int { return cmp.Compare(a.name, b.name) })
		return nil
	}
	for _, e := range elements(raw) {
		if err := add("", e); err != nil {
			return err
		}
	}
	return nil
}

func (d *filters) bind(b *binder, p *plan) error {
	list := make([]*query.Matcher, len(d.list))
	for i, f := range d.list {
		var err error
		if list[i], err = b.matcher(f.Query, p.scope); err != nil {
			return err
		}
	}
	p.own = list
	return b.subs(p, p.scope)
}

func (d *filters) start(r *run, n *node) state {
	s := &filtersState{of: d}
	for range d.list {
		s.buckets = append(s.buckets, r.bucket(n))
	}
	if d.other {
		s.buckets = append(s.buckets, r.bucket(n))
	}
	return s
}

// filtersState has the buckets of filters, the other one last.
type filtersState struct {
	noValue
	of      *filters
	buckets []*bucket
}

func (s *filtersState) add(p *plan, o *object) {
	any := false
	for i, m := range p.own.([]*query.Matcher) {
		if m.Match(o.document.ID, o.raw) {
			any = true
			s.buckets[i].add(p, o)
		}
	}
	if s.of.other && !any {
		s.buckets[len(s.buckets)-1].add(p, o)
	}
}

func (s *filtersState) finish(r *run, n *node) *result {
	res := &result{multi: true, keyed: s.of.named && s.of.keyed}
	for i, b := range s.buckets {
		if r.answered(); r.err != nil {
			return res
		}
		a := r.answer(n, b)
		switch a.name = s.of.otherKey; {
		case i < len(s.of.list):
			a.name = s.of.list[i].name
		}
		if s.of.named && !s.of.keyed {
			a.head = appendText(nil, "key", a.name)
		}
		res.buckets = append(res.buckets, a)
	}
	return res
}
