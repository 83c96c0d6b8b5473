package aggregation

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// composite is composite: a bucket for each combination of values of several sources, page by page.
type composite struct {
	sources []*compositeSource
	size    int
	after   []byte // JSON; nil: from the first
}

// compositeSource is a source of values.
type compositeSource struct {
	source
	name, typ     string // "terms", "histogram" or "date_histogram"
	descending    bool
	missingBucket bool
	missingOrder  string
	interval      float64
	timing
}

func readComposite(n *node, raw []byte) (definition, error) {
	d := &composite{size: 10}
	err := n.read(n.typ, raw, options{
		"size":    integer(&d.size, 1),
		"after":   {"{", func(raw []byte) error { d.after = raw; return nil }},
		"sources": {"[", func(raw []byte) error { return d.readSources(n, raw) }},
	})
	if err == nil && len(d.sources) == 0 {
		err = n.wrong("Composite [sources] cannot be null or empty")
	}
	return d, err
}

func (d *composite) readSources(n *node, raw []byte) error {
	for _, e := range elements(raw) {
		named := members(e)
		if len(named) != 1 || named[0].value[0] != '{' {
			return n.wrong("a source of [composite] must be an object with one name: {\"a\": {\"terms\": {\"field\": \"x\"}}}")
		}
		typed := members(named[0].value)
		if len(typed) != 1 || typed[0].value[0] != '{' {
			return n.wrong("the source [%s] of [composite] must have one type", named[0].key)
		}
		s := &compositeSource{name: named[0].key, typ: typed[0].key}
		if slices.ContainsFunc(d.sources, func(other *compositeSource) bool { return other.name == s.name }) {
			return n.wrong("Composite source names must be unique, found duplicates: [%s]", s.name)
		}
		if err := s.read(n, typed[0].value); err != nil {
			return err
		}
		d.sources = append(d.sources, s)
	}
	return nil
}

func (s *compositeSource) read(n *node, raw []byte) error {
	known := s.source.options()
	delete(known, "missing")
	known.with(options{
		"order": {`"`, func(raw []byte) error {
			if s.descending = textOf(raw) == "desc"; !s.descending && textOf(raw) != "asc" {
				return plainError("Unknown order direction [%s]", textOf(raw))
			}
			return nil
		}},
		"missing_bucket": boolean(&s.missingBucket),
		"missing_order": {`"`, func(raw []byte) error {
			s.missingOrder = textOf(raw)
			return oneOf("first", "last", "default").read(raw)
		}},
	})
	switch s.typ {
	case "terms":
	case "histogram":
		known["interval"] = number(&s.interval)
	case "date_histogram":
		s.dates = true
		known.with(s.timing.options())
	default:
		return n.wrong("unknown type [%s] of a source of [composite]: it must be one of terms, histogram, date_histogram",
			s.typ)
	}
	below := *n
	if err := below.readSource(&s.source, raw, known); err != nil {
		return err
	}
	switch {
	case s.typ == "histogram" && s.interval <= 0:
		return n.wrong("[interval] must be greater than 0 for [histogram] source")
	case s.typ == "date_histogram" && s.unit == 0 && s.fixed == 0:
		return n.wrong("Invalid interval specified, must be non-null and non-empty")
	}
	return nil
}

// compositePlan is what a plan of composite needs.
type compositePlan struct {
	cuts  []*rounding // of the sources that are date_histogram
	after [][]byte    // nil: none
	keys  [][]byte    // of the combination at hand
}

func (d *composite) bind(b *binder, p *plan) error {
	own := &compositePlan{cuts: make([]*rounding, len(d.sources)), keys: make([][]byte, len(d.sources))}
	for i, s := range d.sources {
		accepts := terms
		if s.typ != "terms" {
			accepts = numeric
		}
		f, err := b.field(p, &s.source, accepts)
		if err != nil {
			return err
		}
		if s.typ == "date_histogram" {
			own.cuts[i] = s.rounding(s.zone)
		}
		p.fields = append(p.fields, f)
	}
	if err := d.bindAfter(b, p, own); err != nil {
		return err
	}
	p.own = own
	if b.r.shown[p.node] == nil {
		b.r.shown[p.node] = p.fields
	}
	return b.subs(p, p.scope)
}

// bindAfter reads behind which combination the buckets begin.
func (d *composite) bindAfter(b *binder, p *plan, own *compositePlan) error {
	if d.after == nil {
		return nil
	}
	list := members(d.after)
	if len(list) != len(d.sources) {
		return p.wrong("[after] has %d value(s) but [sources] has %d", len(list), len(d.sources))
	}
	own.after = make([][]byte, len(list))
	for i, s := range d.sources {
		raw, ok := rawjson.Lookup(d.after, s.name)
		var err error
		switch {
		case !ok:
			return p.wrong("Missing value for [after.%s]", s.name)
		case raw[0] == 'n' && s.missingBucket:
		case raw[0] == 'n':
			err = plainError("[after.%s] is null, and [missing_bucket] is false", s.name)
		case s.typ == "histogram":
			var v float64
			v, err = parseReal(textOf(raw))
			own.after[i] = appendReal(nil, v)
		case s.typ == "date_histogram":
			var v float64
			v, err = p.fields[i].bound(raw, b, true)
			own.after[i] = appendWhole(nil, int64(v))
		default:
			own.after[i], err = p.fields[i].parse(raw, b.r.now)
		}
		if err != nil {
			return p.wrong("%v", err)
		}
	}
	return nil
}

func (d *composite) start(r *run, _ *node) state {
	r.use(mapSize)
	return &compositeState{of: d, buckets: map[string]*combination{}}
}

// combination is a bucket of one combination of values; nil stands for none.
type combination struct {
	keys [][]byte
	*bucket
}

// compositeState has the buckets by the keys, each behind its length.
type compositeState struct {
	noValue
	of      *composite
	buckets map[string]*combination
	name    []byte
}

func (s *compositeState) add(p *plan, o *object) {
	own := p.own.(*compositePlan)
	lists := make([][][]byte, len(p.fields))
	for i, f := range p.fields {
		lists[i] = s.of.sources[i].values(f, own.cuts[i], o)
		if len(lists[i]) == 0 {
			if !s.of.sources[i].missingBucket {
				return
			}
			lists[i] = [][]byte{nil}
		}
	}
	s.combine(p, o, own, lists, 0, own.after == nil)
}

// values returns the keys of a source in an object, each once.
func (c *compositeSource) values(f *field, cut *rounding, o *object) (list [][]byte) {
	switch c.typ {
	case "terms":
		return f.keys(o)
	case "histogram":
		for _, v := range f.numbers(o) {
			list = append(list, appendReal(nil, math.Floor(v/c.interval)*c.interval))
		}
	default:
		for _, v := range f.dates(o) {
			list = append(list, appendWhole(nil, cut.of(int64(v))))
		}
	}
	slices.SortFunc(list, bytes.Compare)
	return slices.CompactFunc(list, bytes.Equal)
}

// combine puts an object into the buckets of all combinations of the values from source i on. behind says that those
// before are behind the ones that the page begins after; otherwise they are the same.
func (s *compositeState) combine(p *plan, o *object, own *compositePlan, lists [][][]byte, i int, behind bool) {
	switch {
	case p.r.err != nil:
		return
	case i < len(lists):
		for _, key := range lists[i] {
			order := 1
			if !behind {
				order = s.of.sources[i].compare(key, own.after[i])
			}
			if own.keys[i] = key; order >= 0 {
				s.combine(p, o, own, lists, i+1, order > 0)
			}
		}
		return
	case !behind:
		return
	}
	s.name = s.name[:0]
	for _, key := range own.keys {
		s.name = append(binary.AppendVarint(s.name, int64(len(key))), key...)
	}
	b := s.buckets[string(s.name)]
	if b == nil {
		p.r.use(3*len(s.name) + 32*len(own.keys))
		b = &combination{bucket: p.r.bucket(p.node)}
		for _, key := range own.keys {
			b.keys = append(b.keys, bytes.Clone(key))
		}
		s.buckets[string(s.name)] = b
	}
	b.add(p, o)
}

// compare orders combinations as the sources say.
func (d *composite) compare(a, b [][]byte) int {
	for i, s := range d.sources {
		if order := s.compare(a[i], b[i]); order != 0 {
			return order
		}
	}
	return 0
}

// compare orders the keys of a source; nil is none.
func (c *compositeSource) compare(a, b []byte) int {
	order := bytes.Compare(a, b)
	switch {
	case (a == nil) != (b == nil) && (c.missingOrder == "first" || c.missingOrder == "last"):
		if (a == nil) == (c.missingOrder == "first") {
			return -1
		}
		return 1
	case c.descending:
		return -order
	}
	return order
}

func (s *compositeState) finish(r *run, n *node) *result {
	d := s.of
	list := make([]*combination, 0, len(s.buckets))
	for _, b := range s.buckets {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *combination) int { return d.compare(a.keys, b.keys) })
	list = list[:min(d.size, len(list))]
	fields, _ := r.shown[n].([]*field)
	res := &result{multi: true}
	for _, c := range list {
		if r.answered(); r.err != nil {
			return res
		}
		a := r.answer(n, c.bucket)
		a.head = append(d.appendKey(append(a.head, `"key":`...), c.keys, fields), ',')
		a.name = string(a.head)
		res.buckets = append(res.buckets, a)
	}
	if len(list) > 0 {
		res.body = append(d.appendKey([]byte(`"after_key":`), list[len(list)-1].keys, fields), ',')
	}
	return res
}

// appendKey appends a combination as it stands in the answer.
func (d *composite) appendKey(dst []byte, keys [][]byte, fields []*field) []byte {
	dst = append(dst, '{')
	for i, s := range d.sources {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(rawjson.AppendString(dst, s.name), ':')
		p, key := &fields[i].printer, keys[i]
		switch {
		case key == nil:
			dst = append(dst, "null"...)
		case key[0] == tagBoolean || key[0] == tagWhole && p.class == docvalues.Boolean:
			dst = append(dst, p.text(key)...)
		case key[0] == tagWhole && s.format != "" && p.isDate():
			dst = rawjson.AppendString(dst, p.text(key))
		default:
			dst = p.appendKey(dst, key)
		}
	}
	return append(dst, '}')
}
