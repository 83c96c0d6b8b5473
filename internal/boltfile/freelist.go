package boltfile

// freelist reads the freelist: it marks its own pages as used and those on it as free.
// It comes before the trees, so that these notice when they share a page with it.
func (w *walker) freelist() {
	id := w.h.Freelist
	b := make([]byte, 64<<10)
	if !w.claim(id, 0) || !w.read(b[:pageHeaderSize+8], id, 0) {
		return
	}
	if msg := checkFreelist(b, id, w.h.Pages, w.h.PageSize); msg != "" {
		w.problem(id, "%s", msg)
		return
	}
	p := decodePageHeader(b)
	w.report.Freelist = 1 + w.claimOverflow(id, p)
	skip, n := freelistLen(p, order.Uint64(b[pageHeaderSize:]))
	at := pageHeaderSize + 8*skip
	var last uint64
	for n > 0 && !w.ended() {
		chunk := b[:8*min(n, uint64(len(b))/8)]
		if !w.read(chunk, id, at) {
			return
		}
		for i := 0; i < len(chunk) && !w.ended(); i += 8 {
			last = w.freed(order.Uint64(chunk[i:]), last)
		}
		n -= uint64(len(chunk)) / 8
		at += uint64(len(chunk))
	}
}

// freed marks a page of the freelist as free and returns it, or last, the one before it, if there is no such page.
func (w *walker) freed(id, last uint64) uint64 {
	switch {
	case id < firstPage || id >= w.h.Pages:
		w.problem(w.h.Freelist, "lists page %d of %d as free", id, w.h.Pages)
		return last
	case id <= last:
		w.problem(w.h.Freelist, "lists page %d after page %d", id, last)
	case w.used.has(id):
		w.problem(w.h.Freelist, "lists its own page %d as free", id)
	default:
		w.free.set(id)
		w.report.Free++
	}
	return id
}
