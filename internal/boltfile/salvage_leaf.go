package boltfile

// What a salvage does with leaf pages, of which a part may be damaged.

// sound calls fn with the elements of a leaf page that make sense, until fn returns false, and returns how many do not.
// The page has size bytes, of which the slice holds at least all elements.
func sound(page []byte, count int, size uint64, fn func(element) bool) (lost uint64) {
	next := uint64(pageHeaderSize + elementSize*count)
	for i := range count {
		e := decodeElement(page, true, i)
		ok := e.start == next && e.end() <= size && e.ksize > 0 && e.ksize <= maxKey && e.flags&^bucketFlag == 0
		if ok && i+1 < count {
			ok = e.end() == decodeElement(page, true, i+1).start
		}
		next = e.end()
		if !ok {
			lost++
		} else if !fn(e) {
			break
		}
	}
	return lost
}

// inPlace says whether the keys of a leaf page lie where the page above says. Only sound elements count.
func (s *salvager) inPlace(p *page) bool {
	in, out := 0, 0
	sound(p.buf, int(p.count), p.size, func(e element) bool {
		if key, err := s.part(&s.key, p, e.start, e.ksize); err == nil && inRange(key, p.lo, p.hi) {
			in++
		} else if err == nil {
			out++
		}
		return true
	})
	return in > out || in+out == 0 && p.count == 0
}

// leafPage hands out what is on a leaf page that is in its place.
func (s *salvager) leafPage(bucket string, p *page) {
	s.used.set(p.id)
	s.report.Read++
	end := uint64(pageHeaderSize)
	lost := sound(p.buf, int(p.count), p.size, func(e element) bool {
		end = e.end()
		s.element(bucket, p, e)
		return s.err == nil
	})
	s.lose(lost, bucket, p.lo, p.hi)
	pageSize := uint64(s.h.PageSize)
	for id := p.id + 1; id < p.id+(end+pageSize-1)/pageSize; id++ {
		s.used.set(id) // they belong to a value, which may look like a page
	}
}

// lose counts elements of a bucket that are lost, with keys in [lo, hi).
func (s *salvager) lose(n uint64, bucket string, lo, hi []byte) {
	if n > 0 && s.err == nil {
		s.report.Lost += n
		if s.stage == stageNewest {
			s.missing.add(bucket, lo, hi)
		}
	}
}

// element hands out one element, or what is in it if it is a bucket.
func (s *salvager) element(bucket string, p *page, e element) {
	key, err := s.part(&s.key, p, e.start, e.ksize)
	if err != nil || !inRange(key, p.lo, p.hi) {
		s.lose(1, bucket, p.lo, p.hi)
		return
	}
	if e.flags&bucketFlag == 0 && !s.wants(bucket, key) {
		return
	}
	value, err := s.part(&s.value, p, e.value(), e.vsize)
	switch {
	case err != nil:
		s.lose(1, bucket, p.lo, p.hi)
	case e.flags&bucketFlag != 0:
		s.nested(bucket, key, value, s.free.has(p.id))
	default:
		s.yield(bucket, key, value, s.free.has(p.id))
	}
}

// wants says whether a key is to be handed out. Of what may be outdated only that is which is missing in its bucket.
func (s *salvager) wants(bucket string, key []byte) bool {
	return s.stage == stageNewest || s.stage == stageStrays && bucket == "" || s.missing.has(bucket, key)
}

// part returns n bytes of a page, if need be in a buffer.
func (s *salvager) part(buf *[]byte, p *page, start, n uint64) ([]byte, error) {
	if start+n <= uint64(len(p.buf)) {
		return p.buf[start : start+n : start+n], nil
	}
	if n > maxValue {
		return nil, damagef("has a value of %d bytes", n)
	}
	if uint64(cap(*buf)) < n {
		*buf = make([]byte, n)
	}
	*buf = (*buf)[:n]
	return *buf, s.fetch(*buf, p.id, start)
}

// nested notes a bucket, or hands out what is in it if it is inlined. free says that it is on a page of the freelist.
func (s *salvager) nested(parent string, key, value []byte, free bool) {
	name := string(key)
	if parent != "" {
		name = parent + "\x00" + name
	}
	if len(value) < bucketHeaderSize {
		s.lose(1, name, nil, nil)
		return
	}
	switch root := order.Uint64(value); {
	case root == 0:
		s.inlined(name, value[bucketHeaderSize:], free)
	case root < firstPage || root >= s.h.Pages || s.used.has(root):
		s.skip(name, nil, nil)
	default:
		s.buckets = append(s.buckets, foundBucket{name, root})
	}
}

// inlined hands out what is in the page of an inlined bucket.
func (s *salvager) inlined(bucket string, page []byte, free bool) {
	var p pageHeader
	if len(page) >= pageHeaderSize {
		p = decodePageHeader(page)
	}
	if p.flags != flagLeaf || pageHeaderSize+elementSize*int(p.count) > len(page) {
		s.lose(1, bucket, nil, nil)
		return
	}
	lost := sound(page, int(p.count), uint64(len(page)), func(e element) bool {
		if key := page[e.start:e.value()]; e.flags == 0 && s.wants(bucket, key) {
			s.yield(bucket, key, page[e.value():e.end()], free)
		}
		return s.err == nil
	})
	s.lose(lost, bucket, nil, nil)
}

func (s *salvager) yield(bucket string, key, value []byte, free bool) {
	s.report.Elements++
	if bucket == "" {
		s.report.Unknown++
	}
	if free && s.stage == stageOlder {
		s.report.Outdated++
	}
	s.err = s.fn(bucket, key, value)
}

// strayBuckets reads the leaf pages with buckets that nothing led to and that are not free, and these buckets. They are
// taken for buckets at the top level.
func (s *salvager) strayBuckets() {
	if !s.haveFree {
		return // any of them may be outdated, and lead to pages that others use now
	}
	s.stage = stageStrays
	s.eachStray(func(p *page) {
		if hasBuckets(p) {
			s.leafPage("", p)
			s.walk()
		}
	})
}

// strays reads the leaf pages that nothing led to and that are not free.
func (s *salvager) strays() {
	s.stage = stageStrays
	s.eachStray(func(p *page) {
		s.leafPage("", p)
		s.buckets = nil
	})
}

// hasBuckets says whether a leaf page has a sound element that is a bucket.
func hasBuckets(p *page) (has bool) {
	sound(p.buf, int(p.count), p.size, func(e element) bool {
		has = e.flags&bucketFlag != 0
		return !has
	})
	return has
}

// eachStray calls fn with each leaf page that nothing led to and that is not free.
func (s *salvager) eachStray(fn func(*page)) {
	head := make([]byte, pageHeaderSize)
	for id := uint64(firstPage); id < s.h.Pages && s.err == nil; id++ {
		if s.used.has(id) || s.free.has(id) || s.fetch(head, id, 0) != nil {
			continue
		}
		if h := decodePageHeader(head); h.flags != flagLeaf || h.check(id, s.h.Pages) != "" || h.count == 0 {
			continue
		}
		p := &s.leaf
		if p.load(s.h, id, s.fetch) != nil {
			continue
		}
		p.lo, p.hi = nil, nil
		fn(p)
	}
}
