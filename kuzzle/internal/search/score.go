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

// scorer returns what scores the documents of a collection, nil if nobody needs their scores.
func (in *search) scorer(c *api.Call, t Target, schema *query.Schema) (filter.Scorer, error) {
	if !in.needsScores() {
		return nil, nil
	}
	q := query.Within(in.scored, t.name(), schema)
	return q.Scorer(filter.Env{Now: c.Received})
}

var byWords = door.ByWords.(func(ctx context.Context, c *kuzzlite.Collection, q kuzzlite.Query, scorer filter.Scorer,
	first int, o *kuzzlite.FindOptions) (counted bool, best []kuzzlite.Hit, total int, err error))

// countByWords asks the indexes of words of a collection what its scorer needs of all documents, and says whether they
// know. Where they know the first hits as well, these are the best of the place.
func (in *search) countByWords(c *api.Call, p *place) (counted bool, err error) {
	first := -1
	if in.post == nil && in.aggregations == nil && in.collapse == nil && p.order.Order != nil && p.order.ByScore &&
		in.kept() <= maxWindow {
		first = in.kept()
	}
	o := &kuzzlite.FindOptions{MaxScan: -1}
	counted, p.best, p.total, err = byWords(c.Context, p.col, p.selected.query, p.scorer, first, o)
	return counted, err
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

// needsScores says whether hits have scores, or what is aggregated or shown of their groups has.
func (in *search) needsScores() bool {
	if in.isScored() || in.aggregations != nil && in.aggregations.NeedsScores() {
		return true
	}
	if in.collapse == nil {
		return false
	}
	_, scores := in.collapse.Shows()
	return scores
}

// isScored says whether hits have scores.
func (in *search) isScored() bool {
	if in.sort == nil {
		return true
	}
	order, err := query.ParseElasticsearchSort(in.sort)
	return err == nil && order.HasScores()
}

// observer counts something in all documents of a collection.
type observer interface {
	NeedsStatistics() bool
	Observe(id string, doc []byte)
	Settle()
}

// observe has observers count the documents of a collection.
func observe(c *api.Call, col *kuzzlite.Collection, all ...observer) error {
	var counting []observer
	for _, o := range all {
		if o.NeedsStatistics() {
			counting = append(counting, o)
		}
	}
	if len(counting) > 0 {
		for doc, err := range col.Find(c.Context, query.All(), &kuzzlite.FindOptions{MaxScan: -1}) {
			if isNew(err) {
				break
			}
			if err != nil {
				return err
			}
			for _, o := range counting {
				o.Observe(doc.ID, doc.Source)
			}
		}
	}
	for _, o := range all {
		o.Settle()
	}
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
