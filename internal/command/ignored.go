package command

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/suggest"
)

// ignoredKeys finds keys that mupsert ignores, as Kuzzle does, and that their writer seems to mean. It gives each advice
// once. An item with what may be meant as a condition is refused: it would be written whatever is there.
type ignoredKeys struct{ advised []string }

// oddKey is such a key of an item.
type oddKey struct {
	item   int // index in the batch
	key    string
	advice string // "": the key may be meant as a condition
}

// find notes such keys of a batch. It runs beside the writing of the batch before.
func (k *ignoredKeys) find(b *batch) {
	for i, s := range b.spans {
		for key := range topKeys(b.json[s.start:s.end]) {
			if mayBeCondition(key) {
				b.odd = append(b.odd, oddKey{item: i, key: string(key)})
				continue
			}
			if len(k.advised) == allAdvice {
				continue
			}
			if advice := adviceOn(string(key)); advice != "" && !slices.Contains(k.advised, advice) {
				k.advised = append(k.advised, advice)
				b.odd = append(b.odd, oddKey{i, string(key), advice})
			}
		}
	}
}

// tellOddKeys writes the advice on the keys that were found, and moves the items with what may be meant as a condition to
// the bad ones.
func tellOddKeys(r *report, b *batch) {
	conditions := map[int]string{} // keys, by the index of their item
	for _, o := range b.odd {
		if o.advice == "" {
			conditions[o.item] = o.key
			continue
		}
		r.progress.clear()
		fmt.Fprintf(r.stderr, "warning: %v has a key %q, which mupsert ignores: %s\n",
			b.spans[o.item].place, o.key, o.advice)
	}
	b.odd = nil
	b.drop(func(i int) string {
		if key, ok := conditions[i]; ok {
			return fmt.Sprintf("unknown key %q: the conditions of an item are \"ifVersion\" and \"ifAbsent\"", key)
		}
		return ""
	}, len(conditions))
}

// mayBeCondition says whether a key of an item is no condition, and may be meant as one: as ifVersoin, if_absent, version.
// It is asked for each key of an input, so it allocates nothing.
func mayBeCondition(key []byte) bool {
	if len(key) < 2 || len(key) > 16 || string(key) == "ifVersion" || string(key) == "ifAbsent" {
		return false
	}
	var letters [16]byte // of key, in lower case
	lower := letters[:0]
	for _, c := range key {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != '-' && c != '_' {
			lower = append(lower, c)
		}
	}
	return bytes.HasPrefix(lower, []byte("if")) || string(lower) == "version" && key[0] != '_'
}

// allAdvice is how many pieces of advice there are.
const allAdvice = 3

// adviceOn says what is meant by a key of an item, "" if there is nothing to say.
func adviceOn(key string) string {
	switch key {
	case "_id", "changes", "default", "ifVersion", "ifAbsent":
		return ""
	}
	if len(key) > 12 {
		return ""
	}
	switch lower := strings.ToLower(key); {
	case lower == "_version":
		return `for a version check the key is "ifVersion"`
	case strings.HasPrefix(lower, "c") && suggest.EditDistance(lower, "changes") <= 2:
		return `is "changes" meant?`
	case strings.HasPrefix(lower, "d") && suggest.EditDistance(lower, "default") <= 2:
		return `is "default" meant?`
	}
	return ""
}

// topKeys yields the keys of an object, not those of the values in it, as they are written. It looks at a text as a
// scanner does, which need not be valid.
func topKeys(object []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		depth := 0
		for i := 0; i < len(object); i++ {
			switch object[i] {
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			case '"':
				s := scanner{text: true}
				end := s.string(object, i+1)
				isKey := depth == 1 && bytes.HasPrefix(bytes.TrimLeft(object[end:], " \t\r\n"), []byte{':'})
				if isKey && !yield(object[i+1:end-1]) {
					return
				}
				i = end - 1
			}
		}
	}
}
