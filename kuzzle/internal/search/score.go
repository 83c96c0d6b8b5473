package search

import (
	"context"
	"encoding/binary"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/door"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/query"
)

// Scores of hits. They are those of the query alone: what a post_filter matches does not count. Each collection counts
// for itself which words are frequent.

// scorer returns what scores documents of a schema, nil if nobody needs their scores.
func (in *search) scorer(c *api.Call, schema *query.Schema) (filter.Scorer, error) {
	if !in.needsScores() {
		return nil, nil
	}
	q := in.scored
	if schema != nil {
		q = query.Mapped(q, schema)
	}
	return q.Scorer(filter.Env{Now: c.Received})
}

var byWords = door.ByWords.(func(ctx context.Context, c *kuzzlite.Collection, q kuzzlite.Query, scorer filter.Scorer,
	first int, o *kuzzlite.FindOptions) (counted bool, best []kuzzlite.Hit, total int, err error))

// count has a scorer know what it needs of all documents of a collection, from its indexes of words or by a look at each
// of them. Where such indexes know all hits, best are the first ones of these, and total is how many there are; best is
// nil otherwise.
func (in *search) count(
	c *api.Call, col *kuzzlite.Collection, s *selection, scorer filter.Scorer, order hitOrder, keep int,
) (best []kuzzlite.Hit, total int, err error) {
	if scorer == nil {
		return nil, 0, nil
	}
	first := -1
	if in.post == nil && in.aggregations == nil && order.Order != nil && order.ByScore && keep <= maxWindow {
		first = keep
	}
	counted, best, total, err := byWords(c.Context, col, s.query, scorer, first, &kuzzlite.FindOptions{MaxScan: -1})
	if !counted && err == nil {
		err = observe(c, col, scorer)
	}
	return best, total, err
}

// newHit returns the hit of a document that is found; ok is false if its score is too small for the query.
func newHit(doc *kuzzlite.Document, scorer filter.Scorer) (h hit, ok bool, err error) {
	h = hit{id: doc.ID, scored: scorer != nil}
	if scorer == nil {
		return h, true, nil
	}
	h.score, ok, err = scorer.Score(doc.ID, doc.Source)
	return h, ok, err
}

// needsScores says whether hits have scores, or what is aggregated has.
func (in *search) needsScores() bool {
	return in.isScored() || in.aggregations != nil && in.aggregations.NeedsScores()
}

// isScored says whether hits have scores.
func (in *search) isScored() bool {
	if in.sort == nil {
		return true
	}
	order, err := query.ParseElasticsearchSort(in.sort)
	return err == nil && order.HasScores()
}

// observe has a scorer count the documents of a collection.
func observe(c *api.Call, col *kuzzlite.Collection, scorer filter.Scorer) error {
	if scorer.NeedsStatistics() {
		for doc, err := range col.Find(c.Context, query.All(), &kuzzlite.FindOptions{MaxScan: -1}) {
			if err != nil {
				return err
			}
			scorer.Observe(doc.ID, doc.Source)
		}
	}
	scorer.Settle()
	return nil
}

// bestFirst is the order of hits where a request has none.
const bestFirst = `"_score"`

// appendPlace appends to a key what hits that are equal otherwise are ordered by: their collections, in the order of the
// request, and in these what was written last comes last.
func appendPlace(key []byte, h *hit, doc *kuzzlite.Document) []byte {
	key = binary.BigEndian.AppendUint32(key, uint32(h.target))
	return binary.BigEndian.AppendUint64(key, doc.Sequence)
}

// appendScoreJSON appends a score as JavaScript writes the shortest number that is the same in four bytes.
func appendScoreJSON(dst []byte, score float32) []byte {
	shortest, _ := strconv.ParseFloat(strconv.FormatFloat(float64(score), 'g', -1, 32), 64) // which was just written
	return javascript.AppendNumber(dst, shortest)
}
