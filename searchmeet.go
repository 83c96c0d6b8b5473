package kuzzlite

import (
	"bytes"
	"math"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// Entries of several words, gone through side by side, document by document. Most documents have one of the words, once,
// in a field that is as long as that of many others. So what the scorer makes of entries is remembered for those of which
// entries say the same, if it says that nothing else counts; and a list goes on by itself for as long as the others are
// at later documents.

// meeting are the lists that are gone through.
type meeting struct {
	scorer             filter.EntryScorer
	leading, following []*wordList
	best               *bestScores
	least              float32
	placed             bool                // where words are counts, so that hardly two documents are alike
	absent             map[string]struct{} // documents that are passed over

	here   []*wordList // the lists that are at the document: of these the leading ones first
	known  [256]verdict
	places []int
}

// verdict is what the scorer has made of entries.
type verdict struct {
	of      entriesKey
	matches bool
	score   float32
}

// entriesKey is what up to four entries say, each in 32 bits. Zero: they are more, or say something larger.
type entriesKey [2]uint64

// at returns where the verdict of entries is remembered.
func (m *meeting) at(key entriesKey) *verdict {
	const spread = 0x9e3779b97f4a7c15 // bits of the golden ratio
	return &m.known[(key[0]*spread^key[1])*spread>>56]
}

// brief returns what an entry that is read ahead says, in 32 bits that are not zero; 0: it does not fit.
func (l *wordList) brief(at int) uint64 {
	const lengths, frequencies = 1 << 14, 1 << 12
	length, frequency := 0, 1
	if v := l.ahead.Value(at); len(v) == 2 && v[0] < 0x80 && v[1] < 0x80 {
		length = int(v[0])
	} else {
		length, frequency, _ = fieldindex.Frequency(v)
	}
	if length == 0 || length >= lengths || frequency >= frequencies { // no such entry has the length 0
		return 0
	}
	return (uint64(l.number)*lengths+uint64(length))*frequencies + uint64(frequency)
}

// next goes through one document, or several, and returns how many; 0: there is none left.
func (m *meeting) next() (met int, err error) {
	first, limit := leastID(m.leading)
	if first == nil {
		return 0, nil
	}
	if len(m.following) == 0 && len(m.absent) == 0 && !m.placed {
		if met, err = m.alone(first, limit); met > 0 || err != nil {
			return met, err
		}
	}
	if err := m.gather(first); err != nil {
		return 0, err
	}
	if err := m.score(first.id); err != nil {
		return 0, err
	}
	return 1, m.pass()
}

// leastID returns a list with the least of the ids at hand, nil if all lists are at their end. No other list is at an id
// with a head below limit.
func leastID(lists []*wordList) (least *wordList, limit uint64) {
	limit = math.MaxUint64
	for _, l := range lists {
		switch {
		case l.id == nil:
		case least == nil:
			least = l
		case l.head < least.head || l.head == least.head && bytes.Compare(l.id, least.id) < 0:
			least, limit = l, least.head
		default:
			limit = min(limit, l.head)
		}
	}
	return least, limit
}

// alone goes on in one list for as long as ids have heads below a limit, and verdicts are known.
func (m *meeting) alone(l *wordList, limit uint64) (met int, err error) {
	at := l.at
	for all := l.ahead.Len(); at < all && l.ahead.Head(at) < limit; at++ {
		key := entriesKey{l.brief(at)}
		known := m.at(key)
		if known.of != key || key[0] == 0 {
			break
		}
		if !known.matches || known.score < m.least {
			continue
		}
		m.best.total++
		if m.best.isBehind(known.score) {
			continue
		}
		if err := m.best.offer(known.score, l.ahead.Key(at)); err != nil {
			return 0, err
		}
	}
	if met = at - l.at; met == 0 {
		return 0, nil
	}
	return met, l.goOn(at)
}

// gather finds out which lists are at the document at which one is.
func (m *meeting) gather(first *wordList) error {
	m.here = m.here[:0]
	for _, l := range m.leading {
		if l.isAt(first.head, first.id) {
			m.here = append(m.here, l)
		}
	}
	for _, l := range m.following {
		if err := l.seek(first.id); err != nil {
			return err
		}
		if l.isAt(first.head, first.id) {
			m.here = append(m.here, l)
		}
	}
	return nil
}

// score takes in the document, if it matches.
func (m *meeting) score(id []byte) error {
	if len(m.absent) > 0 {
		if _, ok := m.absent[string(id)]; ok {
			return nil
		}
	}
	o, err := m.verdict(id)
	if err != nil || !o.matches || o.score < m.least {
		return err
	}
	m.best.total++
	return m.best.offer(o.score, id)
}

// verdict returns what becomes of the document.
func (m *meeting) verdict(id []byte) (o verdict, err error) {
	key := m.key()
	if known := m.at(key); known.of == key && key != (entriesKey{}) {
		return *known, nil
	}
	m.scorer.Begin(id)
	for _, l := range m.here {
		if err := l.score(m.scorer, &m.places); err != nil {
			return o, err
		}
	}
	o.of = key
	var alike bool
	if o.score, o.matches, alike, err = m.scorer.Score(); alike && err == nil {
		*m.at(key) = o
	}
	return o, err
}

// key returns what the entries of the document say.
func (m *meeting) key() (key entriesKey) {
	if m.placed || len(m.here) > 4 {
		return key
	}
	for i, l := range m.here {
		one := l.brief(l.at)
		if one == 0 {
			return entriesKey{}
		}
		key[i/2] = key[i/2]<<32 | one
	}
	return key
}

// pass takes the leading lists on that are at the document. The id of the document is gone then.
func (m *meeting) pass() error {
	for _, l := range m.here {
		if l.leads {
			if err := l.goOn(l.at + 1); err != nil {
				return err
			}
		}
	}
	return nil
}
