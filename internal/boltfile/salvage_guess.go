package boltfile

import "errors"

// What a salvage does where no meta page tells anything.

// maxGuesses is how many pages are tried as the root.
const maxGuesses = 256

// probe finds the page size with which most pages of the beginning of the file are what their place says, or 0.
func (s *salvager) probe(size int64) int {
	const enough = 1024
	best, most := 0, 0
	b := make([]byte, pageHeaderSize)
	for pageSize := int64(minPageSize); pageSize <= maxPageSize; pageSize <<= 1 {
		n := 0
		pages := uint64(size / pageSize)
		for id := uint64(firstPage); id < min(pages, firstPage+enough) && !s.ended(); id++ {
			if readFull(s.r, b, int64(id)*pageSize) == nil && isPage(b, id, pages) {
				n++
			}
		}
		if n > most {
			best, most = int(pageSize), n
		}
	}
	return best
}

// isPage says whether b is the header of a page of a tree or of a freelist.
func isPage(b []byte, id, pages uint64) bool {
	p := decodePageHeader(b)
	return p.check(id, pages) == "" && (p.flags == flagBranch || p.flags == flagLeaf || p.flags == flagFreelist)
}

// guess returns a header with the root of which most can be read, if all that it leads to is sound. A root that was
// replaced is no more so once one of its pages was used again, but may be the best for one more transaction.
func (s *salvager) guess() []Header {
	var best []Header
	var most uint64
	h := s.h
	h.OneMeta = true // what is not valid is not looked at
	for guesses, id := 0, uint64(firstPage); id < s.h.Pages && guesses < maxGuesses && s.err == nil; id++ {
		if !s.mayBeRoot(id) {
			continue
		}
		guesses++
		h.Root = id
		report, err := Walk(s.ctx, s.r, h, &Options{Limit: 1})
		if err != nil && !errors.Is(err, ErrDamaged) {
			s.err = err
		}
		if n := report.Keys + report.Buckets; err == nil && report.OK() && n > most {
			best, most = []Header{h}, n
		}
	}
	s.report.Guessed = best != nil
	return best
}

// mayBeRoot says whether a page has buckets, or leads to one that has.
func (s *salvager) mayBeRoot(id uint64) bool {
	for range maxDepth {
		if id < firstPage || id >= s.h.Pages || s.fetch(s.leaf.head(), id, 0) != nil {
			return false
		}
		flags := decodePageHeader(s.leaf.buf).flags
		if flags != flagBranch && flags != flagLeaf || s.leaf.load(s.h, id, s.fetch) != nil || s.leaf.count == 0 {
			return false
		}
		if flags == flagLeaf {
			return hasBuckets(&s.leaf)
		}
		id = decodeElement(s.leaf.buf, false, 0).pgid
	}
	return false
}

// head returns the part of the buffer for the page's header.
func (p *page) head() []byte {
	p.grow(pageHeaderSize)
	return p.buf
}
