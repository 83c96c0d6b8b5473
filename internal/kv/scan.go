package kv

import "bytes"

// scanner merges the layers of one bucket and its base in one direction. Of a key that several of them have, the newest
// layer counts. A range that a layer deleted from what lies below the layer is jumped over, not walked through.
type scanner struct {
	layers  []layer // the newest first
	base    below
	reverse bool
}

// layer is the walk over one layer.
type layer struct {
	key     []byte // at the moment; nil: the layer has no more
	entry   entry
	it      iterator
	changes *Changes
	next    int // the index in changes.Deleted of the first range that may cover a key to come; reverse: the last one
}

// below is the walk over the base.
type below struct {
	key, value []byte // at the moment; a nil key: the base has no more
	cursor     Cursor // nil: no base
}

// Scan implements View.
func (l *Layered) Scan(bucket, from []byte, reverse bool, fn func(key, value []byte) bool) error {
	p, err := l.find(bucket)
	if err != nil {
		return err
	}
	s := l.scanner // nil within fn of another scan
	l.scanner = nil
	if s == nil {
		s = new(scanner)
	}
	s.start(p, from, reverse)
	s.run(fn)
	s.stop()
	l.scanner = s
	return nil
}

func (s *scanner) start(p *place, from []byte, reverse bool) {
	s.reverse = reverse
	for _, c := range p.layers {
		s.layers = append(s.layers, layer{changes: c, it: c.entries.Iter()})
		s.layers[len(s.layers)-1].start(from, reverse)
	}
	if p.base != nil {
		s.base.cursor = p.base.Cursor()
		s.base.start(from, reverse)
	}
}

// stop lets go of the memory that the scan used.
func (s *scanner) stop() {
	clear(s.layers)
	s.layers, s.base = s.layers[:0], below{}
}

// run calls fn with each key that shows.
func (s *scanner) run(fn func(key, value []byte) bool) {
	if len(s.layers) == 0 {
		for b := &s.base; b.key != nil; b.step(s.reverse) {
			if b.value != nil && !fn(b.key, b.value) {
				return
			}
		}
		return
	}
	for {
		i := s.first()
		key, value := s.base.key, s.base.value
		if i < len(s.layers) {
			key, value = s.layers[i].key, s.layers[i].entry.value()
		}
		if key == nil {
			return
		}
		if s.jump(i, key) {
			continue
		}
		if value != nil && !fn(key, value) {
			return
		}
		s.pass(i, key)
	}
}

// first returns which of the layers has the next key, the newest if several have it; len(s.layers) means the base.
func (s *scanner) first() int {
	first, key := len(s.layers), s.base.key
	for i := len(s.layers) - 1; i >= 0; i-- {
		k := s.layers[i].key
		if k != nil && (key == nil || s.order(k, key) <= 0) {
			first, key = i, k
		}
	}
	return first
}

// order compares two keys: less than zero means that a comes first.
func (s *scanner) order(a, b []byte) int {
	if s.reverse {
		return bytes.Compare(b, a)
	}
	return bytes.Compare(a, b)
}

// jump moves everything below a newer layer than i out of the range that this layer deleted around the key, if any did.
func (s *scanner) jump(i int, key []byte) bool {
	for j := range s.layers[:i] {
		if len(s.layers[j].changes.Deleted) == 0 {
			continue
		}
		r, ok := s.layers[j].deleted(key, s.reverse)
		if !ok {
			continue
		}
		for n := j + 1; n < len(s.layers); n++ {
			s.layers[n].leave(r, s.reverse)
		}
		s.base.leave(r, s.reverse)
		return true
	}
	return false
}

// pass steps over the key of layer i, in that layer and in what lies below.
func (s *scanner) pass(i int, key []byte) {
	for n := i + 1; n < len(s.layers); n++ {
		if l := &s.layers[n]; l.key != nil && bytes.Equal(l.key, key) {
			l.step(s.reverse)
		}
	}
	if i == len(s.layers) {
		s.base.step(s.reverse)
		return
	}
	if s.base.key != nil && bytes.Equal(s.base.key, key) {
		s.base.step(s.reverse)
	}
	s.layers[i].step(s.reverse)
}

func (l *layer) start(from []byte, reverse bool) {
	if reverse {
		l.next = len(l.changes.Deleted) - 1
	}
	switch {
	case from != nil && !reverse:
		l.take(l.it.Seek(alias(from)))
	case from != nil:
		found := l.it.Seek(alias(from))
		l.take(found && l.it.Key() == string(from) || l.before(found))
	case reverse:
		l.take(l.it.Last())
	default:
		l.take(l.it.First())
	}
}

// before moves to the key before the one that a seek found, or to the last one if the seek found none.
func (l *layer) before(found bool) bool {
	if found {
		return l.it.Prev()
	}
	return l.it.Last()
}

// take makes what the iterator stands at the key of the moment.
func (l *layer) take(ok bool) {
	if !ok {
		l.key = nil
		return
	}
	l.key, l.entry = bytesOf(l.it.Key()), l.it.Value()
}

func (l *layer) step(reverse bool) {
	if reverse {
		l.take(l.it.Prev())
	} else {
		l.take(l.it.Next())
	}
}

// deleted returns the range that the layer deleted around a key. Keys come in the order of the scan, so the ranges that
// lie behind are never looked at again.
func (l *layer) deleted(key []byte, reverse bool) (Range, bool) {
	ranges := l.changes.Deleted
	if reverse {
		for l.next >= 0 && bytes.Compare(ranges[l.next].From, key) > 0 {
			l.next--
		}
		if l.next < 0 || !ranges[l.next].beforeEnd(alias(key)) {
			return Range{}, false
		}
		return ranges[l.next], true
	}
	for l.next < len(ranges) && !ranges[l.next].beforeEnd(alias(key)) {
		l.next++
	}
	if l.next == len(ranges) || bytes.Compare(ranges[l.next].From, key) > 0 {
		return Range{}, false
	}
	return ranges[l.next], true
}

// leave moves out of a range.
func (l *layer) leave(r Range, reverse bool) {
	switch {
	case l.key == nil || !r.holds(l.key):
	case !reverse:
		l.take(len(r.To) > 0 && l.it.Seek(alias(r.To)))
	case len(r.From) == 0:
		l.take(false)
	default:
		l.take(l.before(l.it.Seek(alias(r.From))))
	}
}

func (b *below) start(from []byte, reverse bool) {
	switch {
	case from != nil && !reverse:
		b.key, b.value = b.seek(from)
	case from != nil:
		b.key, b.value = b.seek(from)
		if b.key == nil || !bytes.Equal(b.key, from) {
			b.back()
		}
	case reverse:
		b.key, b.value = b.cursor.Last()
	default:
		b.key, b.value = b.cursor.First()
	}
}

// seek avoids a seek of no bytes, of which Cursor does not say that it is allowed.
func (b *below) seek(key []byte) (k, v []byte) {
	if len(key) == 0 {
		return b.cursor.First()
	}
	return b.cursor.Seek(key)
}

// back moves to the key before the one that a seek found, or to the last one if the seek found none.
func (b *below) back() {
	if b.key == nil {
		b.key, b.value = b.cursor.Last()
	} else {
		b.key, b.value = b.cursor.Prev()
	}
}

func (b *below) step(reverse bool) {
	if reverse {
		b.key, b.value = b.cursor.Prev()
	} else {
		b.key, b.value = b.cursor.Next()
	}
}

// leave moves out of a range.
func (b *below) leave(r Range, reverse bool) {
	switch {
	case b.key == nil || !r.holds(b.key):
	case !reverse && len(r.To) == 0, reverse && len(r.From) == 0:
		b.key, b.value = nil, nil
	case !reverse:
		b.key, b.value = b.cursor.Seek(r.To)
	default:
		b.key, b.value = b.cursor.Seek(r.From)
		b.back()
	}
}
