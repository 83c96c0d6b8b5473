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
)

// Searches: queries whose documents have scores.

// SearchRequest says what Search finds. Every zero field means the default.
type SearchRequest struct {
	// Query says which documents are found, and how well they match. Default: all documents, with the score 1.
	Query Query

	// Sort is the order of the hits. Default: the best scores first. Hits that are equal come in the order in which their
	// documents were written last.
	Sort Order

	// From is how many hits to leave out, and Size how many to return then. Default: 0 and 10; a Size below 0: none, only
	// their number. Together they are 10,000 at most.
	From, Size int

	// MinScore leaves out documents with smaller scores. Default: none.
	MinScore float32

	// TrackScores has hits scored even with a Sort that has no scores in it.
	TrackScores bool

	// Fields and Exclude are those of FindOptions.
	Fields, Exclude []string
}

// SearchResult is what Search finds.
type SearchResult struct {
	// Total is how many documents are found, whatever From and Size are.
	Total int `json:"total"`

	Hits []Hit `json:"hits"`
}

// Hit is a document that was found.
type Hit struct {
	Document Document `json:"document"`

	// Score says how well the document matches, in comparison with others of the same search; 0 without scores.
	Score float32 `json:"score"`
}

const (
	defaultSearchSize = 10
	mostSearched      = 10_000 // of From and Size
)

// Search returns the documents that match a query, the best ones first. Scores are those of Elasticsearch (BM25, see
// docs/queries.md): a word counts the more the fewer documents of the collection have it. So a search for words reads
// all documents of the collection to count, in addition to what Find reads, unless the fields have indexes of words
// ([FieldIndexText]): these know it, and often lead to the best documents, of which no others are read then. The result is
// the same. All is of one state of the store.
//
// The error wraps [ErrInvalid] for a query or an order that cannot be compiled, and for a page beyond 10,000 hits;
// otherwise the errors are those of Find, with the default Timeout and MaxScan of FindOptions.
func (c *Collection) Search(ctx context.Context, r SearchRequest) (*SearchResult, error) {
	s, err := c.newSearch(&r)
	if err != nil {
		return nil, err
	}
	if c.tx == nil && c.store.frozen == nil {
		still, release, err := freeze(c.store)
		if err != nil {
			return nil, err
		}
		defer release()
		c = still.Collection(c.index, c.name)
	}
	return s.run(ctx, c)
}

// search is a search under way.
type search struct {
	*SearchRequest
	order  *filter.Order
	scorer filter.Scorer         // nil: hits have no scores
	fields *fieldpath.Projection // nil: all fields

	total int
	hits  []searched // no more than twice what is asked for
}

// searched is a hit with the key by which it is sorted.
type searched struct {
	hit Hit
	key []byte
}

// newSearch compiles a search.
func (c *Collection) newSearch(r *SearchRequest) (*search, error) {
	s := &search{SearchRequest: r}
	switch {
	case r.Size == 0:
		r.Size = defaultSearchSize
	case r.Size < 0:
		r.Size = 0
	}
	if r.From < 0 || r.From > mostSearched-min(r.Size, mostSearched) || r.Size > mostSearched {
		return nil, fmt.Errorf("%w search: From and Size are not negative, and %d at most together", ErrInvalid, mostSearched)
	}
	env := filter.Env{Now: fromMillis(c.now())}
	var err error
	if r.Sort != nil {
		if s.order, err = r.Sort.Order(env); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if len(r.Fields)+len(r.Exclude) > 0 {
		if s.fields, err = fieldpath.NewProjection(r.Fields, r.Exclude); err != nil {
			return nil, fmt.Errorf("%w projection: %w", ErrInvalid, err)
		}
	}
	if r.TrackScores || r.MinScore > 0 || r.Sort == nil || s.order != nil && s.order.AppendScored != nil {
		s.scorer, err = scorerOf(r.Query, env)
	}
	return s, err
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
func (s *search) run(ctx context.Context, c *Collection) (*SearchResult, error) {
	known := byWords{}
	if s.scorer != nil {
		var err error
		if known, err = c.byWords(ctx, s.Query, s.scorer, s.wanted(), nil); err != nil {
			return nil, err
		}
	}
	if known.found {
		return s.answer(known.hits, known.total), nil
	}
	return s.scan(ctx, c, known.counted)
}

// scan looks at the documents, first at all of them to count, unless that is done.
func (s *search) scan(ctx context.Context, c *Collection, counted bool) (*SearchResult, error) {
	if s.scorer != nil && !counted {
		if s.scorer.NeedsStatistics() {
			for doc, err := range c.Find(ctx, nil) {
				if err != nil {
					return nil, err
				}
				s.scorer.Observe(doc.ID, doc.Source)
			}
		}
		s.scorer.Settle()
	}
	for doc, err := range c.Find(ctx, s.Query) {
		if err == nil {
			err = s.take(&doc)
		}
		if err != nil {
			return nil, err
		}
	}
	return s.result(), nil
}

// take takes in a document that matches.
func (s *search) take(doc *Document) error {
	one := searched{hit: Hit{Document: *doc}}
	if s.scorer != nil {
		score, ok, err := s.scorer.Score(doc.ID, doc.Source)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if !ok || score < s.MinScore {
			return nil
		}
		one.hit.Score = score
	}
	s.total++
	if one.key = s.key(&one.hit); one.key == nil || s.Size == 0 {
		return nil
	}
	s.hits = append(s.hits, one)
	if len(s.hits) >= 2*(s.From+s.Size)+100 {
		s.cut()
	}
	return nil
}

// key returns the key of a hit, nil for one that the order leaves out.
func (s *search) key(h *Hit) (key []byte) {
	switch {
	case s.Sort == nil:
		key = binary.BigEndian.AppendUint32(nil, ^math.Float32bits(h.Score))
	case s.order == nil: // that of the ids
		return []byte(h.Document.ID)
	case s.order.AppendScored != nil:
		key = s.order.AppendScored(nil, h.Score, h.Document.ID, h.Document.Source)
	default:
		key = s.order.AppendKey(nil, h.Document.ID, h.Document.Source)
	}
	if s.order != nil && s.order.Behind != nil {
		if behind := s.order.Behind; bytes.HasPrefix(key, behind) || bytes.Compare(key, behind) < 0 {
			return nil
		}
	}
	return binary.BigEndian.AppendUint64(key, h.Document.Sequence)
}

// cut leaves out the hits that are not asked for.
func (s *search) cut() {
	slices.SortFunc(s.hits, func(a, b searched) int { return bytes.Compare(a.key, b.key) })
	kept := min(len(s.hits), s.From+s.Size)
	clear(s.hits[kept:])
	s.hits = s.hits[:kept]
}

// result returns the hits that are asked for.
func (s *search) result() *SearchResult {
	s.cut()
	hits := make([]Hit, 0, s.Size)
	for _, one := range s.hits[min(s.From, len(s.hits)):] {
		hits = append(hits, one.hit)
	}
	return s.answer(hits, s.total)
}

// answer makes the result of the hits that are asked for.
func (s *search) answer(hits []Hit, total int) *SearchResult {
	if s.fields != nil {
		for i := range hits {
			hits[i].Document.Source = s.fields.Append(nil, hits[i].Document.Source)
		}
	}
	return &SearchResult{Total: total, Hits: hits}
}

// wanted says what indexes of words may know of the search.
func (s *search) wanted() wanted {
	byScore := s.Sort == nil || s.order != nil && s.order.ByScore
	return wanted{best: byScore, from: s.From, first: s.From + s.Size, least: s.MinScore}
}
