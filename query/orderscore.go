package query

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// Orders by the scores of documents.

// scoreKey reads the key _score, whose one option is the direction: the best come first by default.
func (c clause) scoreKey(o *Order, raw []byte) error {
	k := orderKey{Key: filter.Key{Field: scoreField, Descending: true}, byScore: true}
	for _, m := range members(raw) {
		at := c.at(m.key)
		switch {
		case m.key != "order":
			return at.wrong("[_score] unknown field [%s]%s", m.key, didYouMean(m.key, []string{"order"}))
		case !isString(m.value):
			return at.wrongType("_score", m.key, m.value)
		}
		if err := k.readOrder(at, m.value); err != nil {
			return at.part("_score", m.key, err)
		}
	}
	o.keys = append(o.keys, k)
	return nil
}

// HasScores says whether documents are ordered by their scores, among others. Only a search has these.
func (o *Order) HasScores() bool {
	return o != nil && slices.ContainsFunc(o.keys, func(k orderKey) bool { return k.byScore })
}

// isByScore says whether the best scores come first, and nothing else counts.
func (o *Order) isByScore() bool {
	return len(o.keys) == 1 && o.keys[0].byScore && o.keys[0].Descending && o.behind == nil
}

// ofScores returns what makes keys of scores.
func (k *orderKey) ofScores() madeKey {
	key := func(dst []byte, score float32) []byte {
		return k.turned(binary.BigEndian.AppendUint32(dst, bitsOf(score)), len(dst))
	}
	return madeKey{
		add: func(dst []byte, w *orderWork) []byte { return key(dst, w.score) },
		addValue: func(dst, value []byte) ([]byte, error) {
			n, err := javanumber.Parse(javaText(value), 32)
			if err != nil {
				return nil, err
			}
			return key(dst, float32(n)), nil
		},
		show: func(dst, _ []byte, w *orderWork) []byte {
			return strconv.AppendFloat(dst, float64(w.score), 'g', -1, 32)
		},
	}
}

// bitsOf returns a number that compares with that of another score as the scores do.
func bitsOf(score float32) uint32 {
	bits := math.Float32bits(score)
	if bits>>31 != 0 {
		return ^bits
	}
	return bits | 1<<31
}

// AppendScored is AppendKey for a document with a score.
func (k *orderKeys) AppendScored(dst []byte, score float32, id string, doc []byte) []byte {
	w := k.work()
	defer k.pool.Put(w)
	w.score = score
	return k.appendKey(dst, w, id, doc)
}
