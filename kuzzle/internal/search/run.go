package search

import (
	"container/heap"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// hit is a document that was found.
type hit struct {
	target   int // in the targets of the search
	id       string
	sequence uint64 // of the last change
	source   []byte // nil: not read yet, or left out
	gone     bool   // was deleted meanwhile
}

// results is what a search answers.
type results struct {
	in        *search
	hits      []hit
	total     int
	scrollID  string // "": none
	remaining int
}

// answer finds what a search asks for.
func (s *Scrolls) answer(c *api.Call, in *search) (api.Result, error) {
	keep := in.from + in.size
	if in.scroll > 0 {
		keep = maxScrolled
	}
	found, total, err := find(c, in, keep)
	if err != nil {
		return nil, err
	}
	r := &results{in: in, total: total}
	found = found[min(in.from, len(found)):]
	r.hits = found[:min(in.size, len(found))]
	if in.scroll > 0 {
		rest := &scrolled{in: in, hits: found[len(r.hits):], total: total}
		r.remaining = len(rest.hits)
		if r.scrollID, err = s.keep(c, rest); err != nil {
			return nil, err
		}
	}
	return r, r.fill(c, in)
}

// maxScrolled is how many hits a scroll has at most.
const maxScrolled = 1_000_000

// find returns the first hits in order, so many at most, and how many there are in all.
func find(c *api.Call, in *search, keep int) (hits []hit, total int, err error) {
	first := &firstHits{}
	for i, t := range in.targets {
		q, err := c.Store.Mapped(c.Context, in.query, t.Index, t.Collection)
		if err != nil {
			return nil, 0, err
		}
		col := c.Store.Collection(t.Index, t.Collection)
		for doc, err := range col.Find(c.Context, q, &kuzzlite.FindOptions{MaxScan: -1}) {
			if err != nil {
				return nil, 0, findError(err, t)
			}
			total++
			first.offer(hit{target: i, id: doc.ID, sequence: doc.Sequence}, keep)
		}
	}
	return first.sorted(), total, nil
}

func findError(err error, t Target) error {
	if e := queryError(err); e != nil && storage.IsQueryError(err) {
		return e
	}
	return storage.Error(err, t.Index, t.Collection)
}

// firstHits are the hits that were written first: a heap with the last of them at the top.
type firstHits struct{ list []hit }

func (f *firstHits) Len() int           { return len(f.list) }
func (f *firstHits) Less(i, j int) bool { return f.list[i].sequence > f.list[j].sequence }
func (f *firstHits) Swap(i, j int)      { f.list[i], f.list[j] = f.list[j], f.list[i] }
func (f *firstHits) Push(h any)         { f.list = append(f.list, h.(hit)) }

// Pop returns the last one.
func (f *firstHits) Pop() any {
	last := f.list[len(f.list)-1]
	f.list = f.list[:len(f.list)-1]
	return last
}

// offer takes in a hit, if it is one of the first.
func (f *firstHits) offer(h hit, keep int) {
	switch {
	case len(f.list) < keep:
		heap.Push(f, h)
	case keep > 0 && h.sequence < f.list[0].sequence:
		f.list[0] = h
		heap.Fix(f, 0)
	}
}

// sorted returns the hits in order. The heap is empty then.
func (f *firstHits) sorted() []hit {
	out := make([]hit, len(f.list))
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = heap.Pop(f).(hit)
	}
	return out
}

// fill reads the documents of the hits.
func (r *results) fill(c *api.Call, in *search) error {
	r.in = in
	if in.source.none {
		return nil
	}
	for target, t := range in.targets {
		var ids []string
		var at []int
		for i := range r.hits {
			if r.hits[i].target == target {
				ids, at = append(ids, r.hits[i].id), append(at, i)
			}
		}
		found, err := c.Store.Collection(t.Index, t.Collection).MGet(c.Context, ids)
		if err != nil {
			return storage.Error(err, t.Index, t.Collection)
		}
		sources := map[string][]byte{}
		for _, doc := range found.Successes {
			sources[doc.ID] = doc.Source
		}
		for _, i := range at {
			source, ok := sources[r.hits[i].id]
			r.hits[i].gone = !ok
			r.hits[i].source = in.source.apply(source)
		}
	}
	return nil
}

// AppendJSON appends {"hits", "remaining", "scrollId", "total"}. Scores are null: there are none yet.
func (r *results) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"hits":[`...)
	first := true
	for i := range r.hits {
		h := &r.hits[i]
		if h.gone {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		t := r.in.targets[h.target]
		dst = rawjson.AppendString(append(dst, `{"_id":`...), h.id)
		dst = append(dst, `,"_score":null`...)
		if h.source != nil {
			dst = append(append(dst, `,"_source":`...), h.source...)
		}
		dst = api.AppendMember(dst, "collection", t.Collection)
		dst = append(api.AppendMember(dst, "index", t.Index), '}')
	}
	dst = append(dst, ']')
	if r.scrollID != "" {
		dst = strconv.AppendInt(append(dst, `,"remaining":`...), int64(r.remaining), 10)
		dst = api.AppendMember(dst, "scrollId", r.scrollID)
	}
	dst = strconv.AppendInt(append(dst, `,"total":`...), int64(r.total), 10)
	return append(dst, '}')
}

