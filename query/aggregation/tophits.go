package aggregation

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// topHits is top_hits: the first documents of a bucket.
type topHits struct {
	from, size int
	sort       *query.Order // nil: by the scores
	source     fieldpath.SourceFilter
	fields     query.FieldValues // what is shown of fields
}

// mostHits is how far from and size may reach together (Elasticsearch: index.max_inner_result_window).
const mostHits = 100

func readTopHits(n *node, raw []byte) (definition, error) {
	d := &topHits{size: 3}
	err := n.read(n.typ, raw, options{
		"from": integer(&d.from, 0), "size": integer(&d.size, 0),
		"sort": {`"{[`, func(raw []byte) (err error) {
			d.sort, err = query.ParseElasticsearchSort(raw)
			return err
		}},
		"_source": {`"{[t`, d.readSource},
		"fields": {`[`, func(raw []byte) (err error) {
			d.fields, err = query.ParseElasticsearchFields(raw)
			return err
		}},
	})
	if err == nil && d.sort.HasScores() {
		err = n.wrong("top_hits [%s] cannot be sorted by _score among others: without a sort it is in the order of the scores",
			n.name)
	}
	if err == nil && d.from+d.size > mostHits {
		err = n.wrong("Top hits result window is too large, the top hits aggregator [%s]'s from + size must be less than or "+
			"equal to: [%d] but was [%d]. This limit can be set by changing the [index.max_inner_result_window] index level "+
			"setting.", n.name, mostHits, d.from+d.size)
	}
	return d, err
}

// readSource reads what of the documents is in the answer.
func (d *topHits) readSource(raw []byte) (err error) {
	if d.source, err = fieldpath.ParseSourceFilter(raw); err != nil {
		return &Error{Reason: err.Error()}
	}
	return nil
}

// hitsPlan is how hits are ordered, and how the values of fields are fetched from them.
type hitsPlan struct {
	*docvalues.Sorter                     // nil: by the scores
	fetcher           *query.FieldFetcher // nil: none are
}

func (d *topHits) bind(b *binder, p *plan) (err error) {
	own := &hitsPlan{}
	o := &query.Options{Now: b.r.now, Schema: b.schema, Nested: p.scope.path}
	if d.sort != nil {
		own.Sorter, err = d.sort.Sorter(o)
	}
	if err == nil && len(d.fields) > 0 {
		own.fetcher, err = d.fields.Compile(o)
	}
	if err != nil {
		return p.wrong("%s", reasonOf(err, b.name))
	}
	p.own = own
	return nil
}

func (d *topHits) start(*run, *node) state { return &topHitsState{of: d, best: math.Inf(-1)} }

// topHit is one of the first documents.
type topHit struct {
	key   []byte // by which hits are ordered
	shown []byte // what stands in the answer
}

// topHitsState has the first documents in their order.
type topHitsState struct {
	noValue
	of    *topHits
	hits  []topHit
	total int64
	best  float64 // score
	key   []byte
}

func (s *topHitsState) add(p *plan, o *object) {
	s.total++
	most := s.of.from + s.of.size
	own := p.own.(*hitsPlan)
	if own.Sorter == nil && o.document.Scored {
		s.best = max(s.best, o.document.Score)
	}
	s.key = own.appendKey(s.key[:0], o)
	at, _ := slices.BinarySearchFunc(s.hits, s.key, func(h topHit, key []byte) int { return bytes.Compare(h.key, key) })
	if at >= most {
		return
	}
	h := topHit{bytes.Clone(s.key), own.show(s.of, o)}
	p.r.use(len(h.key) + len(h.shown) + stateSize)
	if len(s.hits) == most {
		last := s.hits[most-1]
		p.r.use(-len(last.key) - len(last.shown) - stateSize)
		s.hits = s.hits[:most-1]
	}
	s.hits = slices.Insert(s.hits, at, h)
}

// appendKey appends the key of an object. Equal ones are in the order in which they were written.
func (h *hitsPlan) appendKey(dst []byte, o *object) []byte {
	switch {
	case h.Sorter != nil:
		dst = h.AppendKey(dst, o.document.ID, o.raw)
	case o.document.Scored:
		key := appendReal(nil, -o.document.Score)
		dst = append(dst, key...)
	}
	dst = binary.BigEndian.AppendUint64(dst, o.document.Sequence)
	for at := o; at.parent != nil; at = at.parent {
		dst = binary.BigEndian.AppendUint32(dst, uint32(at.offset))
	}
	return append(dst, o.document.ID...)
}

// show returns an object as it stands in the answer.
func (h *hitsPlan) show(d *topHits, o *object) []byte {
	dst := []byte{'{'}
	if o.document.Index != "" {
		dst = appendText(dst, "_index", o.document.Index)
	}
	dst = appendText(dst, "_id", o.document.ID)
	places := o.places()
	if places != nil {
		dst = append(places.AppendJSON(append(dst, `"_nested":`...)), ',')
	}
	score := math.NaN()
	if h.Sorter == nil && o.document.Scored {
		score = o.document.Score
	}
	dst = appendValue(dst, "_score", score)
	if !d.source.Nothing {
		dst = append(d.source.AppendNested(append(dst, `"_source":`...), places.Keys(), o.raw), ',')
	}
	if h.fetcher != nil {
		if fields := h.fetcher.Fields(o.raw); fields != nil {
			dst = append(append(append(dst, `"fields":`...), fields...), ',')
		}
	}
	if h.Sorter != nil {
		dst = append(h.AppendValues(append(dst, `"sort":`...), o.document.ID, o.raw), ',')
	}
	dst[len(dst)-1] = '}'
	return dst
}

func (s *topHitsState) finish(*run, *node) *result {
	dst := strconv.AppendInt([]byte(`"hits":{"total":{"value":`), s.total, 10)
	dst = append(dst, `,"relation":"eq"},`...)
	dst = appendValue(dst, "max_score", s.best)
	dst = append(dst, `"hits":[`...)
	for i, h := range s.hits[min(s.of.from, len(s.hits)):] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, h.shown...)
	}
	return &result{body: append(dst, "]},"...)}
}
