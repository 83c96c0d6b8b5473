package aggregation

import (
	"cmp"
	"slices"
	"strconv"
)

// termsOf is terms: a bucket for each value of a field.
type termsOf struct {
	source
	size, shardSize         int
	minCount, shardMinCount int
	order                   []orderKey
	include, exclude        []byte // JSON; nil: all, none
	showError               bool
}

func readTerms(n *node, raw []byte) (definition, error) {
	d := &termsOf{size: 10, minCount: 1, order: []orderKey{{by: byCount, descending: true}}}
	anyValue := func(to *[]byte) option {
		return option{`"[{`, func(raw []byte) error { *to = raw; return checkKeyList(raw) }}
	}
	err := n.readSource(&d.source, raw, options{
		"size": {`0"`, func(raw []byte) error { return d.readSize(n, raw) }}, "shard_size": integer(&d.shardSize, 1),
		"min_doc_count": integer(&d.minCount, 0), "shard_min_doc_count": integer(&d.shardMinCount, 0),
		"order": order(&d.order), "include": anyValue(&d.include), "exclude": anyValue(&d.exclude),
		"show_term_doc_count_error": boolean(&d.showError),
		"collect_mode":              oneOf("breadth_first", "depth_first"),
		"execution_hint":            oneOf("map", "global_ordinals"),
	})
	return d, err
}

func (d *termsOf) readSize(n *node, raw []byte) error {
	if size, err := strconv.Atoi(textOf(raw)); err == nil && size <= 0 {
		return n.wrong("[size] must be greater than 0. Found [%d] in [%s]", size, n.name)
	}
	return integer(&d.size, 1).read(raw)
}

// ofAll: terms that no document which is found has are in the answer, too.
func (d *termsOf) ofAll() bool { return d.minCount == 0 }

func (d *termsOf) bind(b *binder, p *plan) error {
	f, err := b.field(p, &d.source, terms)
	if err != nil {
		return err
	}
	p.fields = []*field{f}
	if err := p.checkOrder(d.order); err != nil {
		return err
	}
	if p.own, err = d.keeps(p, f, b.r.now); err != nil {
		return err
	}
	if err := b.r.shows(p, f); err != nil {
		return err
	}
	return b.subs(p, p.scope)
}

func (d *termsOf) start(r *run, _ *node) state {
	r.use(mapSize)
	return &termsState{of: d, buckets: map[string]*bucket{}}
}

// termsState has the buckets of terms, by the keys of the values.
type termsState struct {
	noValue
	of      *termsOf
	buckets map[string]*bucket

	turn uint64  // of the last object, see field.turn
	last *bucket // its only bucket
}

func (s *termsState) add(p *plan, o *object) {
	turn := p.field().turn(o)
	if turn != 0 && turn == s.turn {
		s.last.add(p, o)
		return
	}
	filter := p.own.(*keyFilter)
	for _, key := range p.field().keys(o) {
		b := s.buckets[string(key)]
		if b == nil {
			if !filter.keeps(key) {
				continue
			}
			p.r.use(2 * len(key))
			b = p.r.bucket(p.node)
			s.buckets[string(key)] = b
		}
		s.turn, s.last = turn, b
		b.add(p, o)
	}
}

// gather notes the values of a document that may be not among those that are found.
func (d *termsOf) gather(p *plan, o *object) {
	p.gather(o)
	if d.minCount > 0 {
		return
	}
	set := p.r.terms[p.node]
	if set == nil {
		set = map[string]bool{}
		p.r.terms[p.node] = set
	}
	filter := p.own.(*keyFilter)
	for _, key := range p.field().keys(o) {
		if !set[string(key)] && filter.keeps(key) {
			p.r.use(stateSize + len(key))
			set[string(key)] = true
		}
	}
}

func (s *termsState) finish(r *run, n *node) *result {
	d := s.of
	for key := range r.terms[n] {
		if s.buckets[key] == nil {
			s.buckets[key] = r.bucket(n)
		}
	}
	list := make([]ranked, 0, len(s.buckets))
	others := int64(0)
	for key, b := range s.buckets {
		if b.count >= int64(d.shardMinCount) {
			list = append(list, ranked{key: key, bucket: b})
		}
	}
	n.rank(list, d.order)
	cut := func(size int) {
		for _, b := range list[min(size, len(list)):] {
			others += b.count
		}
		list = list[:min(size, len(list))]
	}
	cut(d.considered()) // so many buckets Elasticsearch looks at, before it leaves out the small ones
	list = slices.DeleteFunc(list, func(b ranked) bool { return b.count < int64(d.minCount) })
	cut(d.size)
	res := &result{multi: true}
	res.body = strconv.AppendInt([]byte(`"doc_count_error_upper_bound":0,"sum_other_doc_count":`), others, 10)
	res.body = append(res.body, ',')
	r.answerKeys(n, res, list, d.showError)
	return res
}

// considered returns how many buckets Elasticsearch's one shard hands on.
func (d *termsOf) considered() int {
	suggested := d.size
	if d.order[0].by != byKey {
		suggested = d.size + d.size/2 + 10
	}
	return max(d.size, cmp.Or(d.shardSize, suggested))
}

// answerKeys adds buckets that have the keys of values to a result.
func (r *run) answerKeys(n *node, res *result, list []ranked, showError bool) {
	p := r.printer(n)
	for _, b := range list {
		if r.answered(); r.err != nil {
			return
		}
		a := r.answer(n, b.bucket)
		a.key = []byte(b.key)
		a.head = append(p.appendKey(append(a.head, `"key":`...), a.key), ',')
		if text, ok := p.asString(a.key); ok {
			a.head = appendText(a.head, "key_as_string", text)
		}
		if showError {
			a.extra = append(a.extra, `,"doc_count_error_upper_bound":0`...)
		}
		a.name = p.text(a.key)
		res.buckets = append(res.buckets, a)
	}
}
