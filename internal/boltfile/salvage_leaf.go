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
	s.handed.reset()
	end, unread := uint64(pageHeaderSize), uint64(0)
	lost := sound(p.buf, int(p.count), p.size, func(e element) bool {
		end = e.end()
		if !s.element(bucket, p, e) {
			unread++
		}
		return s.err == nil
	})
	s.lose(lost+unread, bucket, p.lo, p.hi)
	pageSize := uint64(s.h.PageSize)
	for id := p.id + 1; id < p.id+(end+pageSize-1)/pageSize; id++ {
		s.used.set(id) // they belong to a value, which may look like a page
	}
}

// lose counts elements of a bucket that are lost, with keys in [lo, hi). Their neighbours are in s.handed.
func (s *salvager) lose(n uint64, bucket string, lo, hi []byte) {
	if n > 0 && s.err == nil {
		s.report.Lost += n
		if s.stage < stageOlder && s.missing.note(bucket, &s.handed) {
			s.missing.add(bucket, lo, hi)
		}
	}
}

// element hands out one element, or what is in it if it is a bucket. It returns false if the element is lost.
func (s *salvager) element(bucket string, p *page, e element) bool {
	key, err := s.part(&s.key, p, e.start, e.ksize)
	if err != nil || !inRange(key, p.lo, p.hi) {
		return false
	}
	isBucket := e.flags&bucketFlag != 0
	if !isBucket && !s.wants(bucket, key) {
		s.others = s.others || bucket == ""
		return true
	}
	value, err := s.part(&s.value, p, e.value(), e.vsize)
	if err != nil {
		return false
	}
	s.handed.add(key)
	if isBucket {
		s.nested(bucket, key, value, p.id)
	} else {
		s.yield(bucket, key, value, p.id)
	}
	return true
}

// wants says whether a key is to be handed out. Of what may be outdated only that is which is missing in its bucket.
func (s *salvager) wants(bucket string, key []byte) bool {
	switch s.stage {
	case stageNewest:
		return true
	case stageStrays:
		return bucket == ""
	}
	return bucket != "" && s.missing.has(bucket, key)
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

// nested notes a bucket, or hands out what is in it if it is inlined. The bucket is an element of a page.
func (s *salvager) nested(parent string, key, value []byte, page uint64) {
	name := string(key)
	if parent != "" {
		name = parent + "\x00" + name
	}
	if s.stage == stageStrayBuckets && parent == "" {
		if s.missing.found[name] || !s.missing.has("", key) {
			s.others = true // it is in another bucket
			return
		}
		s.strayed = append(s.strayed, name)
	}
	if len(value) < bucketHeaderSize {
		s.loseBucket(name)
		return
	}
	switch root := order.Uint64(value); {
	case root == 0:
		s.inlined(name, value[bucketHeaderSize:], page)
	case root < firstPage || root >= s.h.Pages || s.used.has(root):
		s.skip(name, root, nil, nil)
	default:
		s.buckets = append(s.buckets, foundBucket{name, root})
	}
}

// loseBucket counts a bucket of which nothing can be read.
func (s *salvager) loseBucket(name string) {
	if s.err == nil {
		s.report.Lost++
		if s.stage < stageOlder {
			s.missing.add(name, nil, nil)
		}
	}
}

// inlined hands out what is in the page of an inlined bucket, which is in an element of a page. On a stray page an
// inlined bucket may be older than what was read of the bucket elsewhere: then the bucket is not known.
func (s *salvager) inlined(bucket string, b []byte, page uint64) {
	var p pageHeader
	if len(b) >= pageHeaderSize {
		p = decodePageHeader(b)
	}
	if p.flags != flagLeaf || pageHeaderSize+elementSize*int(p.count) > len(b) {
		s.loseBucket(bucket)
		return
	}
	if s.stage == stageStrays {
		bucket = ""
	}
	var handed keyList
	lost := sound(b, int(p.count), uint64(len(b)), func(e element) bool {
		if key := b[e.start:e.value()]; e.flags == 0 && s.wants(bucket, key) {
			handed.add(key)
			s.yield(bucket, key, b[e.value():e.end()], page)
		}
		return s.err == nil
	})
	outer := s.handed
	s.handed = handed
	s.lose(lost, bucket, nil, nil)
	s.handed = outer
}

// yield hands out a key of a page.
func (s *salvager) yield(bucket string, key, value []byte, page uint64) {
	f := Found{Bucket: bucket, Key: key, Value: value}
	f.Outdated = s.stage != stageNewest && (!s.haveFree || s.free.has(page))
	s.report.Elements++
	if bucket == "" {
		s.report.Unknown++
	}
	if f.Outdated {
		s.report.Outdated++
	}
	s.err = s.fn(f)
}

// strayBuckets reads the buckets on leaf pages that nothing led to and that are not free. They are taken for buckets at
// the top level, if such a bucket may be missing.
func (s *salvager) strayBuckets() {
	if !s.haveFree {
		return // any of them may be outdated, and lead to pages that others use now
	}
	s.stage = stageStrayBuckets
	s.eachStray(func(p *page) {
		if !hasBuckets(p) {
			return
		}
		id := p.id
		s.others = false
		s.leafPage("", p)
		s.walk()
		for _, name := range s.strayed {
			s.missing.find(name)
		}
		s.strayed = s.strayed[:0]
		if s.others { // their turn is later
			s.used.clear(id)
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

// oldNames looks for names of buckets on pages that nothing led to, if any are missing. What such a page says of a
// bucket was replaced since, but for the name.
func (s *salvager) oldNames() {
	if len(s.missing.ranges[""]) == 0 {
		return
	}
	s.report.OldNames = map[string]bool{}
	s.eachLeaf(func(id uint64) bool { return !s.used.has(id) }, func(p *page) {
		sound(p.buf, int(p.count), p.size, func(e element) bool {
			if e.flags&bucketFlag == 0 || e.vsize < bucketHeaderSize {
				return true
			}
			if key, err := s.part(&s.key, p, e.start, e.ksize); err == nil {
				s.report.OldNames[string(key)] = true
			}
			return len(s.report.OldNames) < maxNames
		})
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
	s.eachLeaf(func(id uint64) bool { return !s.used.has(id) && !s.free.has(id) }, fn)
}

// eachLeaf calls fn with each page that is wanted and is a leaf page.
func (s *salvager) eachLeaf(wanted func(id uint64) bool, fn func(*page)) {
	head := make([]byte, pageHeaderSize)
	for id := uint64(firstPage); id < s.h.Pages && s.err == nil; id++ {
		if !wanted(id) || s.fetch(head, id, 0) != nil {
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
