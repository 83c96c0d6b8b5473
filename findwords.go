package kuzzlite

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/planner"
)

// Documents that have several words. The entries of each word are in the order of ids, so they are gone through side by
// side: the id at which one word is says where the others go on. Words that many documents have cost no more than the
// rarest one.

// wordSource are the documents of a plan of kind Words, in the order of ids.
type wordSource struct {
	reading *reading
	plan    *planner.Plan
	from    string // the first id that is left
	atEnd   bool
	lists   []postings
	places  [][]int // of the words in one document
}

func newWordSource(r *reading, p *planner.Plan) *wordSource {
	return &wordSource{reading: r, plan: p, lists: make([]postings, len(p.Spans)), places: make([][]int, len(p.Spans))}
}

// behind returns the first id behind another one.
func behind(id string) string { return id + "\x00" }

func (s *wordSource) next(v kv.View, bucket []byte, most int, take taker) (more bool, err error) {
	ids, err := s.ids(v, bucket, most)
	if err != nil {
		return false, err
	}
	keys, values := make([][]byte, len(ids)), make([][]byte, len(ids))
	for i, id := range ids {
		keys[i] = documentKey(id)
	}
	if err := v.GetMany(bucket, keys, values); err != nil {
		return false, err
	}
	for i, id := range ids {
		if values[i] != nil && !take(id, keys[i], values[i]) {
			if i < len(ids)-1 || !s.atEnd {
				s.from, s.atEnd = behind(id), false
			}
			break
		}
	}
	return !s.atEnd, nil
}

// ids returns the next ids, at most so many, or fewer once it has looked at a chunk of entries.
func (s *wordSource) ids(v kv.View, bucket []byte, most int) (ids []string, err error) {
	if s.atEnd {
		return nil, nil
	}
	if err := s.reading.stillThere(v, bucket, s.plan.Index, false); err != nil {
		return nil, err
	}
	for i := range s.lists {
		s.lists[i] = postings{source: s, view: v, bucket: bucket, span: s.plan.Spans[i], portion: 1}
	}
	until := s.reading.scanned + chunkScanned
	for len(ids) < most && !s.atEnd {
		id, err := s.agreed(until)
		if id == nil || err != nil {
			return ids, err
		}
		s.from = behind(string(id))
		ok, err := s.hasPhrases()
		if err != nil {
			return ids, err
		}
		if ok {
			ids = append(ids, s.from[:len(s.from)-1])
		}
	}
	return ids, nil
}

// agreed returns the next id that all words have. It is nil if there is none, which atEnd says, or once so many entries
// were looked at: then the next chunk goes on from there. Each list gets at least one look in a chunk, or nothing would
// ever be found.
func (s *wordSource) agreed(until int) (id []byte, err error) {
	id = []byte(s.from)
	for agreed, i := 0, 0; agreed < len(s.lists); i = (i + 1) % len(s.lists) {
		if s.reading.scanned >= until {
			s.from = string(id)
			return nil, nil
		}
		next, err := s.lists[i].seek(id)
		switch {
		case next == nil || err != nil:
			s.atEnd = err == nil
			return nil, err
		case bytes.Equal(next, id):
			agreed++
		default:
			id, agreed = next, 1
		}
	}
	return id, nil
}

// hasPhrases says whether the words of the document at which all lists are make the phrases.
func (s *wordSource) hasPhrases() (bool, error) {
	if len(s.plan.Phrases) == 0 {
		return true, nil
	}
	for i := range s.lists {
		var ok bool
		if _, s.places[i], ok = fieldindex.Places(s.places[i][:0], s.lists[i].value()); !ok {
			return false, fmt.Errorf("%w: the places in an entry of the field index %q", ErrCorrupt, s.plan.Index.Name)
		}
	}
	for i := range s.plan.Phrases {
		if !s.plan.Phrases[i].Meets(s.places) {
			return false, nil
		}
	}
	return true, nil
}

// collect returns all ids, ascending; tooMany says that they are not all.
func (s *wordSource) collect() (ids []string, tooMany bool, err error) {
	for !s.atEnd && !tooMany {
		err := s.reading.read(func(v kv.View, bucket []byte) error {
			more, err := s.ids(v, bucket, chunkScanned)
			ids = append(ids, more...)
			return err
		})
		if err != nil {
			return nil, false, err
		}
		tooMany = len(ids) > maxCollected
	}
	return ids, tooMany, nil
}

// postings are the entries of one word, in one state of the store, some of them read ahead.
type postings struct {
	source  *wordSource
	view    kv.View
	bucket  []byte
	span    span
	portion int // how many entries are read ahead
	ahead   []posting
	at      int
	ended   bool // none is behind those that are read ahead
}

// posting is an entry of a word.
type posting struct{ id, value []byte }

// mostPostings is how many entries of a word are read ahead at most.
const mostPostings = 256

// seek returns the first id from one on, nil if there is none.
func (p *postings) seek(id []byte) ([]byte, error) {
	for {
		begin := p.at
		for ; p.at < len(p.ahead); p.at++ {
			if bytes.Compare(p.ahead[p.at].id, id) >= 0 {
				return p.ahead[p.at].id, nil
			}
		}
		if p.ended {
			return nil, nil
		}
		if 2*begin >= len(p.ahead) { // most of them were of use
			p.portion = min(2*p.portion, mostPostings)
		} else {
			p.portion = max(p.portion/2, 1)
		}
		if err := p.read(id); err != nil {
			return nil, err
		}
	}
}

// read reads entries ahead, from an id on.
func (p *postings) read(id []byte) (err error) {
	p.ahead, p.at, p.ended = p.ahead[:0], 0, true
	var failed error
	from := append(bytes.Clone(p.span.From), id...)
	err = p.view.Scan(p.bucket, from, false, func(key, value []byte) bool {
		if !p.span.Contains(key) {
			return false
		}
		if len(p.ahead) == p.portion {
			p.ended = false
			return false
		}
		failed = p.source.reading.look(1)
		one := posting{id: bytes.Clone(key[len(p.span.From):])}
		if len(p.source.plan.Phrases) > 0 {
			one.value = bytes.Clone(value)
		}
		p.ahead = append(p.ahead, one)
		return failed == nil
	})
	return cmp.Or(failed, err)
}

// value returns the value of the entry at hand.
func (p *postings) value() []byte { return p.ahead[p.at].value }
