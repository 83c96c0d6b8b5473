package boltfile

import "io"

// Fill estimates how full the leaf pages of a file are, with their overflow pages: which part of them is taken up by
// keys and values, 0 to 1. It looks for leaf pages at so many places, evenly spread, and reads at most a few pages at
// each. Pages that were freed since look like those in use, and count. If it finds none it returns 1.
func Fill(r io.ReaderAt, h Header, places int) float64 {
	var used, all uint64
	b := make([]byte, h.PageSize)
	for i := range uint64(places) {
		u, size := leafFrom(r, h, firstPage+i*h.Pages/uint64(places), b)
		used += u
		all += size
	}
	if all == 0 {
		return 1
	}
	return float64(used) / float64(all)
}

// leafFrom returns how much is used of the first leaf page from a page on, and its size, in bytes; 0 if there is none
// nearby, as in the midst of a large value. b has the size of a page.
func leafFrom(r io.ReaderAt, h Header, id uint64, b []byte) (used, size uint64) {
	const near = 8 // so that pages of one size do not hide between the places
	for end := min(id+near, h.Pages); id < end; id++ {
		if readFull(r, b, h.offset(id)) != nil {
			return 0, 0
		}
		p := decodePageHeader(b)
		elements := pageHeaderSize + elementSize*int(p.count)
		if p.flags != flagLeaf || p.check(id, h.Pages) != "" || p.count == 0 || elements > len(b) {
			continue
		}
		size = p.bytes(h.PageSize)
		if used = decodeElement(b, true, int(p.count)-1).end(); used <= size {
			return used, size
		}
	}
	return 0, 0
}
