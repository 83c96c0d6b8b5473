package fieldindex

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Indexes of words. A document has an entry for each different word of the field. The key of the entry has the word as
// a string, the value says where the word is: as uvarints the number of words that the field has, then the first
// position of the word, and for each further one its distance from the one before. A document without words has no
// entry.

// mostWords is MaxWords. Tests make do with less.
var mostWords int = MaxWords

// words makes the entries in an index of words, by its number in the set.
func (m *maker) words(index int) error {
	d, slot := &m.set.Indexes[index], m.set.slots[index][0]
	values := m.values.Of(slot)
	if !slices.ContainsFunc(values, hasWords) {
		return nil
	}
	corpus := Corpus{}
	s, err := m.splitter(d.Analyzer)
	if err != nil {
		return err
	}
	s.Reset()
	for _, v := range values {
		switch {
		case !hasWords(v):
		case v[0] == '"':
			m.decoded = rawjson.AppendDecoded(m.decoded[:0], v)
			s.Add(m.decoded)
		default:
			s.Add(v)
			corpus.Scalars = 1
		}
	}
	if s.Len() > mostWords {
		return &TooManyError{d.Name, mostWords}
	}
	isCut, first := false, len(m.ends)
	for i := range s.Len() {
		word, positions := s.At(i)
		var cut bool
		m.made, cut = sortkey.AppendString(appendPrefix(m.made, d.Number), word, sortkey.MostIndexed)
		m.made = d.appendID(m.made, m.id)
		key := len(m.made)
		m.made = appendPlaces(m.made, s.Tokens(), positions)
		m.ends = append(m.ends, end{key, len(m.made), false})
		isCut = isCut || cut
	}
	if isCut { // these are in the order of their hashes
		m.sort(first)
	}
	if s.Len() > 0 {
		corpus.Documents, corpus.Words = 1, int64(s.Tokens())
		m.corpora[index] = corpus
	}
	return nil
}

// hasWords says whether a value is a text: null and objects are none.
func hasWords(v []byte) bool { return v[0] != 'n' && v[0] != '{' }

// splitter returns what splits texts with an analyzer.
func (m *maker) splitter(analyzer string) (filter.Splitter, error) {
	if s := m.splitters[analyzer]; s != nil {
		return s, nil
	}
	s, err := filter.Split(analyzer)
	if err != nil {
		return nil, err
	}
	if m.splitters == nil {
		m.splitters = map[string]filter.Splitter{}
	}
	m.splitters[analyzer] = s
	return s, nil
}

// sort sorts the entries from one on by their keys.
func (m *maker) sort(first int) {
	begin := 0
	if first > 0 {
		begin = m.ends[first-1].at
	}
	type made struct{ key, places []byte }
	list, all := make([]made, 0, len(m.ends)-first), bytes.Clone(m.made[begin:])
	from := begin
	for _, e := range m.ends[first:] {
		list = append(list, made{all[from-begin : e.key-begin], all[e.key-begin : e.at-begin]})
		from = e.at
	}
	slices.SortFunc(list, func(a, b made) int { return bytes.Compare(a.key, b.key) })
	m.made, m.ends = m.made[:begin], m.ends[:first]
	for _, one := range list {
		m.made = append(m.made, one.key...)
		key := len(m.made)
		m.made = append(m.made, one.places...)
		m.ends = append(m.ends, end{key, len(m.made), false})
	}
}

// appendPlaces appends the value of the entry of a word.
func appendPlaces(dst []byte, tokens int, positions []int) []byte {
	dst = binary.AppendUvarint(dst, uint64(tokens))
	last := 0
	for _, at := range positions {
		dst = binary.AppendUvarint(dst, uint64(at-last))
		last = at
	}
	return dst
}

// Places reads the value of an entry of a word: how many words the field has in the document, and the positions of this
// word among them, ascending, which it appends to dst. ok is false for what is no such value.
func Places(dst []int, value []byte) (tokens int, positions []int, ok bool) {
	n, size := binary.Uvarint(value)
	if size <= 0 || n == 0 || n > mostPlaces || size == len(value) {
		return 0, dst, false
	}
	last := uint64(0)
	for value, first := value[size:], true; len(value) > 0; first = false {
		step, size := binary.Uvarint(value)
		if size <= 0 || step > mostPlaces || step == 0 && !first {
			return 0, dst, false
		}
		if last += step; last > mostPlaces {
			return 0, dst, false
		}
		dst, value = append(dst, int(last)), value[size:]
	}
	return int(n), dst, true
}

// Frequency reads of the value of an entry of a word what Places reads of it, but for the positions: only how many there
// are.
func Frequency(value []byte) (tokens, frequency int, ok bool) {
	if len(value) == 2 && value[0]-1 < 0x7f && value[1] < 0x80 { // once, in a short text
		return int(value[0]), 1, true
	}
	n, size := binary.Uvarint(value)
	if size <= 0 || n == 0 || n > mostPlaces || size == len(value) || value[len(value)-1] >= 0x80 {
		return 0, 0, false
	}
	for _, b := range value[size:] {
		if b < 0x80 { // the last byte of a number
			frequency++
		}
	}
	return int(n), frequency, true
}

// mostPlaces is more than the positions that a document can have: each of its values leaves some free. It is an int.
const mostPlaces = min(1<<40, math.MaxInt)
