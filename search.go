package kuzzlite

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/topk"
)

// Searches: queries whose documents have scores.

// Search returns the documents that match a query, the best ones first, or in the order of a Sort. Scores are those of
// Elasticsearch (BM25, see docs/queries.md): a word counts the more the fewer documents of the collection have it. So a
// search for words reads all documents of the collection to count, in addition to what Find reads, unless the fields have
// indexes of words ([FieldIndexText]): these know it, and often lead to the best documents, of which no others are read
// then. The result is the same. All is of one state of the store. Hits and aggregations are of one pass over the documents.
//
// The error wraps [ErrInvalid] for what cannot be compiled, for a page beyond 10,000 hits, and for aggregations that
// need more buckets or memory than they may have; otherwise the errors are those of Find.
func (c *Collection) Search(ctx context.Context, r SearchRequest) (*SearchResult, error) {
	c, release, err := c.still() // before the mapping is read, so that this is of the same state
	if err != nil {
		return nil, err
	}
	defer release()
	s, err := c.newSearch(ctx, &r)
	if err != nil {
		return nil, err
	}
	if err := s.run(ctx, c); err != nil {
		return nil, err
	}
	return s.result(ctx, c)
}

// still returns a handle on the one state that a transaction has, or in which the store is now, until release is called.
func (c *Collection) still() (one *Collection, release func(), err error) {
	if c.tx != nil || c.store.frozen != nil {
		return c, func() {}, nil
	}
	store, release, err := freeze(c.store)
	if err != nil {
		return nil, nil, err
	}
	return store.Collection(c.index, c.name), release, nil
}

// search is a search under way.
type search struct {
	*SearchRequest
	env    filter.Env
	order  *filter.Order         // nil: by scores
	scorer filter.Scorer         // nil: nothing has scores
	scored bool                  // hits have scores
	post   *filter.Filter        // which documents are hits; nil: all
	fields *fieldpath.Projection // nil: all fields

	fetcher     filter.FieldFetcher // nil: no values of fields are shown
	inner       filter.Inner        // nil: no nested objects are shown
	grouper     filter.Grouper      // nil: hits are in no groups
	showsGroups bool                // more hits of the groups are shown
	highlighter filter.Highlighter  // nil: none
	aggregator  filter.Aggregator   // nil: none
	found       *filter.Filter      // which documents the query finds, where all are read; nil: what is read is found
	document    filter.Scoring      // at hand

	most   int  // hits to keep; below 0: all
	light  bool // without their sources
	total  int
	size   int                    // of what is kept, about, in bytes
	hits   []searched             // no more than twice what is asked for
	groups *topk.Groups[searched] // instead of hits; nil: there are no groups
	page   []Hit                  // instead of both, those asked for, where indexes of words know them; nil: they do not
}

// searched is a hit with the key by which it is sorted.
type searched struct {
	hit Hit
	key []byte
}

// size is about what a hit without its source takes in memory, in bytes.
func (s *searched) size() int { return len(s.key) + len(s.hit.Document.ID) + 300 }

// newSearch compiles a search for a page.
func (c *Collection) newSearch(ctx context.Context, r *SearchRequest) (*search, error) {
	switch {
	case r.Size == 0:
		r.Size = defaultSearchSize
	case r.Size < 0:
		r.Size = 0
	}
	if r.From < 0 || r.From > mostSearched-min(r.Size, mostSearched) || r.Size > mostSearched {
		return nil, fmt.Errorf("%w search: From is %d and Size %d: From must be 0 or more, and both together %d at most; "+
			"After and SearchAll go on beyond that", ErrInvalid, r.From, r.Size, mostSearched)
	}
	s, err := c.compiledSearch(ctx, r)
	if err == nil {
		s.most = r.From + r.Size
	}
	return s, err
}

// compiledSearch compiles a search, whatever its From and Size are.
func (c *Collection) compiledSearch(ctx context.Context, r *SearchRequest) (*search, error) {
	if r.After != nil && (r.Sort == nil || r.From > 0) {
		return nil, fmt.Errorf("%w search: After (search_after) needs a Sort, and a From of 0", ErrInvalid)
	}
	env, err := c.env(ctx, c.now())
	if err != nil {
		return nil, err
	}
	s := &search{SearchRequest: r, env: env}
	return s, s.compile()
}

// compile compiles the parts of a search.
func (s *search) compile() (err error) {
	if s.Sort != nil {
		env := s.env
		env.Search = &filter.Hits{After: s.After}
		if s.order, err = s.Sort.Order(env); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if len(s.Fields)+len(s.Exclude) > 0 {
		if s.fields, err = fieldpath.NewProjection(s.Fields, s.Exclude); err != nil {
			return fmt.Errorf("%w projection: %w", ErrInvalid, err)
		}
	}
	if s.PostFilter != nil {
		if s.post, err = compiled(s.PostFilter, s.env); err != nil {
			return err
		}
	}
	if s.FieldValues != nil {
		if s.fetcher, err = s.FieldValues.FieldFetcher(s.env); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if err := s.compileInner(); err != nil {
		return err
	}
	if s.Highlight != nil {
		if s.highlighter, err = s.Highlight.Highlighter(s.Query, s.env); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if s.Aggregations != nil {
		if s.aggregator, err = s.Aggregations.Aggregator(s.env); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if s.aggregator.NeedsAll() {
			if s.found, err = compiled(s.Query, s.env); err != nil {
				return err
			}
		}
	}
	s.scored = s.TrackScores || s.order == nil || s.order.AppendScored != nil
	if s.needsScores() {
		s.scorer, err = scorerOf(s.Query, s.env)
	}
	return err
}

// needsScores says whether documents are scored.
func (s *search) needsScores() bool {
	if s.scored || s.MinScore > 0 || s.aggregator != nil && s.aggregator.NeedsScores() {
		return true
	}
	if s.Collapse == nil {
		return false
	}
	_, scores := s.Collapse.Shows()
	return scores
}

// compileInner compiles what is shown of nested objects, and which hits are of one group.
func (s *search) compileInner() (err error) {
	if q, ok := s.Query.(filter.Nesting); ok {
		if s.inner, err = q.Inner(s.env); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if q, ok := s.PostFilter.(filter.Nesting); ok {
		if inner, err := q.Inner(s.env); err != nil || inner != nil {
			return fmt.Errorf("%w search: inner hits are of the Query, not of a PostFilter", ErrInvalid)
		}
	}
	if s.Collapse == nil {
		return nil
	}
	var after filter.Sort
	if s.After != nil {
		after = s.Sort
	}
	if s.grouper, err = s.Collapse.Grouper(after, s.env); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	s.showsGroups, _ = s.Collapse.Shows()
	return nil
}

// scorerOf compiles a query for scores.
func scorerOf(q Query, env filter.Env) (filter.Scorer, error) {
	if q == nil {
		return everyScore{}, nil
	}
	scored, ok := q.(filter.Scored)
	if !ok {
		return nil, fmt.Errorf("%w query: %T has no scores", ErrInvalid, q)
	}
	s, err := scored.Scorer(env)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return s, nil
}

// everyScore scores all documents 1.
type everyScore struct{}

func (everyScore) NeedsStatistics() bool                       { return false }
func (everyScore) Observe(string, []byte)                      {}
func (everyScore) Settle()                                     {}
func (everyScore) Score(string, []byte) (float32, bool, error) { return 1, true, nil }

// run searches a collection.
func (s *search) run(ctx context.Context, c *Collection) error {
	if s.onlyAggregates() {
		return s.aggregate(ctx, c)
	}
	var known byWords
	if s.scorer != nil {
		var err error
		if known, err = c.byWords(ctx, s.Query, s.scorer, s.wanted(), s.findOptions()); err != nil {
			return err
		}
	}
	if !known.found {
		return s.scan(ctx, c, known.counted)
	}
	s.page, s.total = append([]Hit{}, known.hits...), known.total
	for i := range s.page {
		s.page[i].Scored = true
	}
	return s.count(ctx, c, true)
}

// scan looks at the documents that the query may match. If indexes have not counted what scores need, it looks at all
// before.
func (s *search) scan(ctx context.Context, c *Collection, counted bool) error {
	if err := s.count(ctx, c, counted); err != nil {
		return err
	}
	if s.grouper != nil {
		s.groups = topk.NewGroups[searched](s.most)
	}
	q := s.Query
	if s.found != nil {
		q = nil
	}
	for doc, err := range c.Find(ctx, q, s.findOptions()) {
		if err == nil {
			err = s.take(&doc)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wanted says what indexes of words may know of the search.
func (s *search) wanted() wanted {
	best := s.order == nil || s.order.ByScore
	if s.light || s.post != nil || s.grouper != nil || s.aggregator != nil || s.After != nil {
		best = false
	}
	return wanted{best: best, from: s.From, first: s.most, least: s.MinScore}
}

// count counts what scores need of all documents, of hits unless that is done, and of nested objects.
func (s *search) count(ctx context.Context, c *Collection, counted bool) error {
	scores := s.scorer != nil && !counted && s.scorer.NeedsStatistics()
	inner := s.inner != nil && s.inner.NeedsStatistics()
	if scores || inner {
		for doc, err := range c.Find(ctx, nil, s.findOptions()) {
			if err != nil {
				return err
			}
			if scores {
				s.scorer.Observe(doc.ID, doc.Source)
			}
			if inner {
				s.inner.Observe(doc.ID, doc.Source)
			}
		}
	}
	if s.scorer != nil && !counted {
		s.scorer.Settle()
	}
	if s.inner != nil {
		s.inner.Settle()
	}
	return nil
}

// take takes in a document.
func (s *search) take(doc *Document) error {
	d := &s.document
	*d = filter.Scoring{ID: doc.ID, Source: doc.Source, Sequence: doc.Sequence}
	if s.found != nil {
		if err := s.aggregator.AddAny(d); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if !s.found.Match(doc.ID, doc.Source) {
			return nil
		}
	}
	if s.scorer != nil {
		var err error
		if d.Score, d.Scored, err = s.scorer.Score(doc.ID, doc.Source); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if !d.Scored || d.Score < s.MinScore {
			return nil
		}
	}
	if s.aggregator != nil {
		if err := s.aggregator.Add(d); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if s.post != nil && !s.post.Match(doc.ID, doc.Source) {
		return nil
	}
	return s.add(doc)
}

// add takes in the document at hand as a hit.
func (s *search) add(doc *Document) error {
	if s.total++; s.most == 0 {
		return nil
	}
	one := searched{hit: Hit{Document: *doc}}
	if s.scored {
		one.hit.Score, one.hit.Scored = s.document.Score, true
	}
	if one.key = s.key(&one.hit); one.key == nil {
		return nil
	}
	if s.light {
		one.hit.Document = Document{ID: doc.ID}
		if s.size += one.size(); s.size > maxSorted {
			return fmt.Errorf("%w: what the search has to sort is more than %d bytes", ErrTooLarge, maxSorted)
		}
	}
	if s.groups != nil {
		group, err := appendGroup(nil, s.grouper, doc)
		if err != nil {
			return err
		}
		s.groups.Offer(group, one.key, one)
		return nil
	}
	s.hits = append(s.hits, one)
	if s.most > 0 && len(s.hits) >= 2*s.most+100 {
		s.cut()
	}
	return nil
}

// key returns the key of a hit, nil for one that the order leaves out.
func (s *search) key(h *Hit) (key []byte) {
	o, doc := s.order, &h.Document
	switch {
	case o == nil:
		key = binary.BigEndian.AppendUint32(nil, ^math.Float32bits(h.Score))
		return filter.AppendWritten(key, doc.Sequence, false)
	case o.AppendScored != nil:
		key = o.AppendScored(nil, h.Score, doc.ID, doc.Source)
	default:
		key = o.AppendKey(nil, doc.ID, doc.Source)
	}
	key = filter.AppendWritten(key, doc.Sequence, o.ByWritten && o.Descending)
	if o.Behind != nil && (bytes.HasPrefix(key, o.Behind) || bytes.Compare(key, o.Behind) < 0) {
		return nil
	}
	return key
}

// cut sorts the hits, and leaves out those that are not asked for.
func (s *search) cut() {
	slices.SortFunc(s.hits, func(a, b searched) int { return bytes.Compare(a.key, b.key) })
	if s.most < 0 || len(s.hits) <= s.most {
		return
	}
	for i := range s.hits[s.most:] {
		s.size -= s.hits[s.most+i].size()
	}
	clear(s.hits[s.most:])
	s.hits = s.hits[:s.most]
}

// asked returns the hits that are asked for.
func (s *search) asked() []Hit {
	if s.page != nil {
		return s.page
	}
	if s.cut(); s.groups != nil {
		s.hits = s.groups.Sorted()
	}
	hits := make([]Hit, 0, len(s.hits))
	for _, one := range s.hits[min(s.From, len(s.hits)):] {
		hits = append(hits, one.hit)
	}
	return hits
}

// result returns the hits that are asked for, with all that is shown of them.
func (s *search) result(ctx context.Context, c *Collection) (*SearchResult, error) {
	r := &SearchResult{Total: s.total, Hits: s.asked()}
	groups, err := s.expand(ctx, c, r.Hits)
	if err != nil {
		return nil, err
	}
	for i := range r.Hits {
		if err := ctx.Err(); err != nil { // highlights may take long
			return nil, err
		}
		of, err := groups.of(ctx, c, i)
		if err != nil {
			return nil, err
		}
		if err := s.finish(&r.Hits[i], of); err != nil {
			return nil, err
		}
	}
	if s.aggregator != nil {
		var err error
		if r.Aggregations, err = s.aggregator.Answer(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return r, nil
}

// expand finds what is shown of the groups of a page; nil: nothing.
func (s *search) expand(ctx context.Context, c *Collection, hits []Hit) (*expansion, error) {
	if !s.showsGroups || len(hits) == 0 {
		return nil, nil
	}
	x := &expansion{grouper: s.grouper, post: s.post, scorer: s.scorer, inner: s.inner}
	if s.Query == nil { // a group is but a filter then, which scores nothing (Elasticsearch)
		x.scorer = nil
	}
	return x, x.find(ctx, c, s.SearchRequest, s.env, hits)
}

// finish gives a hit what else was asked for, and what is shown of its group.
func (s *search) finish(h *Hit, groups []shownGroup) (err error) {
	doc := &h.Document
	if err := addInner(h, s.inner, groups); err != nil {
		return err
	}
	if s.fetcher != nil {
		h.Fields = s.fetcher.Fields(doc.Source)
	}
	if s.highlighter != nil {
		if h.Highlight, err = s.highlighter.Highlight(doc.ID, doc.Source); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if s.order != nil {
		h.Sort = sortValues(s.order, h.Score, doc)
	}
	switch {
	case s.NoSource:
		doc.Source = nil
	case s.fields != nil:
		doc.Source = s.fields.Append(nil, doc.Source)
	}
	return nil
}
