package rawjson

import "slices"

// spans knows where the arrays and objects of a text end, so that those within one another need not be skipped once for
// each level: objects whose keys are in another order have their members found before they are compared. The outermost
// of these is skipped as ever; with the first one inside it, all that this one has in it is noted.
type spans struct {
	inside   int // how many such objects are open
	from, to int // what is noted
	noted    []span
	open     []int // the spans that are open while they are noted, as indices
}

type span struct{ start, end int }

// enter begins an object, at one of its keys.
func (s *spans) enter(b []byte, key int) {
	if s.inside++; s.inside > 1 && (key < s.from || key >= s.to) {
		s.note(b, key)
	}
}

// leave ends the object that was entered last.
func (s *spans) leave() { s.inside-- }

// skip is Skip within the object that was entered last.
func (s *spans) skip(b []byte, i int) int {
	if c := at(b, i); s.inside > 1 && (c == '{' || c == '[') {
		n, ok := slices.BinarySearchFunc(s.noted, i, func(s span, i int) int { return s.start - i })
		if ok {
			return s.noted[n].end
		}
	}
	return Skip(b, i)
}

// note notes the arrays and objects from one key of an object to the end of the object.
func (s *spans) note(b []byte, key int) {
	s.from, s.to = key, len(b)
	s.noted, s.open = s.noted[:0], s.open[:0]
	for i := key; i < len(b); {
		switch b[i] {
		case '"':
			i, _ = SkipString(b, i)
			continue
		case '{', '[':
			s.open = append(s.open, len(s.noted))
			s.noted = append(s.noted, span{i, len(b)})
		case '}', ']':
			last := len(s.open) - 1
			if last < 0 {
				s.to = i
				return
			}
			s.noted[s.open[last]].end = i + 1
			s.open = s.open[:last]
		}
		look(1)
		i++
	}
}
