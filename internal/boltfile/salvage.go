package boltfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// SalvageReport is what [Salvage] found. Pages are counted without those that continue them.
type SalvageReport struct {
	// PageSize is in bytes.
	PageSize int
	// Metas is how many of the two meta pages were of use. With none the root is a guess, see Guessed.
	Metas int
	// Guessed says that no meta page tells where the root is, and that a page was taken for the root because all that
	// it leads to is sound. It may be the root of a transaction before the last one.
	Guessed bool
	// Read counts the pages that were read and made sense.
	Read uint64
	// Missing counts the pages that the newest meta page speaks of, and that lie beyond the end of the file, free pages
	// and those that continue others included. 0 if there is no meta page of use.
	Missing uint64
	// Skipped counts the references to pages that cannot be read, or make no sense where they are.
	Skipped uint64
	// Beyond counts those of Skipped that lead beyond the end of the file.
	Beyond uint64
	// SkippedIn has Skipped of each bucket, of at most 1,000 buckets. "" is the bucket of all buckets.
	SkippedIn map[string]uint64
	// OldNames are, if names of buckets at the top level may be missing, names of buckets that were found on pages that
	// nothing leads to, on free ones too: buckets that the file has, or had once. At most 1,000.
	OldNames map[string]bool
	// Elements counts what was handed out.
	Elements uint64
	// Unknown counts those of the elements whose bucket is not known.
	Unknown uint64
	// Outdated counts those of the elements that are Outdated, see [Found].
	Outdated uint64
	// Lost counts elements that cannot be read, or make no sense, on pages that could be read.
	Lost uint64
}

// Damaged says whether anything was missed: then what was handed out is not all, and some of it may be outdated.
func (r *SalvageReport) Damaged() bool { return r.Metas == 0 || r.Skipped > 0 || r.Lost > 0 }

// skip counts a reference in a bucket to a page, in a file of so many pages.
func (r *SalvageReport) skip(bucket string, id, pages uint64) {
	r.Skipped++
	if id >= pages {
		r.Beyond++
	}
	if r.SkippedIn == nil {
		r.SkippedIn = map[string]uint64{}
	}
	if _, known := r.SkippedIn[bucket]; known || len(r.SkippedIn) < maxNames {
		r.SkippedIn[bucket]++
	}
}

// maxNames is how many names of buckets a report has.
const maxNames = 1000

// Found is a key with its value that [Salvage] has found. The slices are valid during the call only.
type Found struct {
	// Bucket is the name of the key's bucket, "" if nobody knows the bucket. For a nested bucket it is the names of all
	// buckets on the way, with a zero byte between two.
	Bucket     string
	Key, Value []byte
	// Outdated says that the newest transaction may have replaced or deleted the key: what the newest transaction has in
	// its place cannot be read, and the page is one that it has freed, or may have freed if the freelist is damaged.
	Outdated bool
}

// Salvage reads what can be read of a damaged file of size bytes, and hands it to fn, key by key. It ends with the
// first error of fn, when ctx ends, or if r is closed; other errors of r are damage. [ErrNotBolt] if there is no page.
//
// First come the pages that the newest meta page leads to. If all are there nothing else is read. If some are
// missing, the next ones are leaf pages with buckets that nothing leads to, but those that the freelist names: their
// parent is damaged. Then come the pages that the other meta page leads to, which was the newest one before: of what
// is on them, the keys that are missing. At last come all other leaf pages that nothing leads to: nobody knows the
// bucket of what is on them. So a key with a bucket comes once; where something is missing a key can come that was
// replaced or deleted since; and keys without a bucket can come several times, after all others.
//
// A page is used if its header is right, and its keys lie where the page above says. An element of a leaf page is
// used if it begins where the one before ends, and ends where the next one begins; bbolt keeps no checksum, and so
// there may be anything in a value. Pages are used once, and so the walk ends whatever is in the file. Besides two
// bits a page it keeps a branch page a level, one key and value, the names of the buckets that it has found and not
// yet read, where something is missing, and the keys of pages that could be read in part.
func Salvage(ctx context.Context, r io.ReaderAt, size int64, fn func(Found) error) (SalvageReport, error) {
	s := &salvager{ctx: ctx, r: r, fn: fn}
	headers := s.metas(size)
	if err := s.setPageSize(headers, size); err != nil {
		return s.report, err
	}
	s.used, s.free = newBitmap(s.h.Pages), newBitmap(s.h.Pages)
	if len(headers) == 0 {
		headers = s.guess()
	}
	s.from(headers, 0, stageNewest)
	if s.report.Damaged() {
		if len(headers) > 0 {
			s.readFreelist(headers[0])
		}
		s.strayBuckets()
		s.from(headers, 1, stageOlder)
		s.oldNames()
		s.strays()
	}
	return s.report, s.err
}

// salvager carries one salvage.
type salvager struct {
	ctx    context.Context
	r      io.ReaderAt
	h      Header // page size and number of pages only
	fn     func(Found) error
	report SalvageReport
	err    error

	// used has a bit for every page that was used, or that failed where something led to it.
	used bitmap
	// free has a bit for every page that is on the freelist, if that was readable, which haveFree says.
	free     bitmap
	haveFree bool
	stage    stage

	missing missing
	buckets []foundBucket
	strayed []string // names of buckets that were found on the stray page that is read
	others  bool     // there is more on that page: keys or buckets of a bucket that is not known
	handed  keyList  // what was handed out of the leaf page that is read
	path    []*page  // of the current bucket, as that of a walker
	leaf    page
	key     []byte // buffers for what lies beyond the first page of a leaf
	value   []byte
}

// stage is what a salvage is at.
type stage int

const (
	stageNewest       stage = iota // what the newest meta page leads to
	stageStrayBuckets              // buckets that nothing leads to
	stageOlder                     // what the other meta page leads to
	stageStrays                    // what nothing leads to
)

// foundBucket is a bucket that has yet to be read.
type foundBucket struct {
	name string // "" is the bucket of all buckets
	root uint64
}

// metas returns what the valid meta pages say, the newest first.
func (s *salvager) metas(size int64) []Header {
	var found []Header
	add := func(at int64) {
		m, err := readMeta(s.r, size, at)
		if errors.Is(err, fs.ErrClosed) {
			s.err = err
		}
		if err != nil || !m.valid() || m.pageSize < minPageSize || m.pageSize > maxPageSize || m.pageSize%8 != 0 {
			return
		}
		if h := m.header(size); at == 0 || at == int64(h.PageSize) {
			found = append(found, h)
		}
	}
	add(0)
	if len(found) > 0 {
		add(int64(found[0].PageSize))
	} else {
		for at := int64(minPageSize); at <= maxPageSize && len(found) == 0; at <<= 1 {
			add(at)
		}
	}
	if len(found) == 2 && found[1].PageSize != found[0].PageSize {
		found = found[:1]
	}
	if len(found) == 2 && found[1].Txid > found[0].Txid {
		found[0], found[1] = found[1], found[0]
	}
	s.report.Metas = len(found)
	return found
}

// from reads what the root of a header leads to, if there is such a header.
func (s *salvager) from(headers []Header, i int, at stage) {
	if i < len(headers) {
		s.stage = at
		s.tree(foundBucket{root: headers[i].Root})
		s.walk()
	}
}

// setPageSize sets the size and the number of pages.
func (s *salvager) setPageSize(headers []Header, size int64) error {
	if len(headers) > 0 {
		s.h.PageSize = headers[0].PageSize
	} else if s.h.PageSize = s.probe(size); s.h.PageSize == 0 && s.err == nil {
		return fmt.Errorf("%w: it has no page of any size", ErrNotBolt)
	}
	if s.err != nil {
		return s.err
	}
	s.h.Size = size
	s.h.Pages = uint64(size / int64(s.h.PageSize))
	s.report.PageSize = s.h.PageSize
	if len(headers) > 0 && headers[0].Pages > s.h.Pages {
		s.report.Missing = headers[0].Pages - s.h.Pages
	}
	return nil
}

// ended says whether to stop.
func (s *salvager) ended() bool {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	return s.err != nil
}

// fetch fills b from byte off of a page on.
func (s *salvager) fetch(b []byte, id, off uint64) error {
	if s.ended() {
		return s.err
	}
	err := readFull(s.r, b, s.h.offset(id)+int64(off))
	if errors.Is(err, fs.ErrClosed) {
		s.err = err
	}
	return err
}

// skip counts a reference to a page that leads nowhere, although it should lead to the keys of a bucket in [lo, hi). It
// is no damage if an older state leads to what was used before.
func (s *salvager) skip(bucket string, id uint64, lo, hi []byte) {
	if s.stage < stageOlder && s.err == nil {
		s.report.skip(bucket, id, s.h.Pages)
		s.missing.add(bucket, lo, hi)
	}
}

// readFreelist marks the pages on the freelist.
func (s *salvager) readFreelist(h Header) {
	if !h.FreelistSynced || h.Freelist < firstPage || h.Freelist >= s.h.Pages {
		return
	}
	b := make([]byte, 64<<10)
	if s.fetch(b[:pageHeaderSize+8], h.Freelist, 0) != nil || checkFreelist(b, h.Freelist, s.h.Pages, s.h.PageSize) != "" {
		return
	}
	skip, n := freelistLen(decodePageHeader(b), order.Uint64(b[pageHeaderSize:]))
	at := pageHeaderSize + 8*skip
	for n > 0 {
		chunk := b[:8*min(n, uint64(len(b))/8)]
		if s.fetch(chunk, h.Freelist, at) != nil {
			return
		}
		for i := 0; i < len(chunk); i += 8 {
			if id := order.Uint64(chunk[i:]); id < s.h.Pages {
				s.free.set(id)
			}
		}
		n -= uint64(len(chunk)) / 8
		at += uint64(len(chunk))
	}
	s.haveFree = true
}

// walk walks the buckets that were found, and those that are found in them.
func (s *salvager) walk() {
	for len(s.buckets) > 0 && s.err == nil {
		b := s.buckets[len(s.buckets)-1]
		s.buckets = s.buckets[:len(s.buckets)-1]
		s.tree(b)
	}
}

// tree walks the tree of one bucket, depth first.
func (s *salvager) tree(b foundBucket) {
	depth := s.visit(b.name, b.root, 0, nil, nil)
	for depth > 0 && s.err == nil {
		p := s.path[depth-1]
		if p.next == int(p.count) {
			depth--
			continue
		}
		i := p.next
		p.next++
		hi := p.hi
		if p.next < int(p.count) {
			hi = p.branchKey(p.next)
		}
		depth = s.visit(b.name, decodeElement(p.buf, false, i).pgid, depth, p.branchKey(i), hi)
	}
}

// visit uses the page at a depth and returns the depth of the path: one more if it is a branch page to go on with.
func (s *salvager) visit(bucket string, id uint64, depth int, lo, hi []byte) int {
	if id < firstPage || id >= s.h.Pages || s.used.has(id) {
		s.skip(bucket, id, lo, hi)
		return depth
	}
	if depth == len(s.path) {
		s.path = append(s.path, new(page))
	}
	p := s.path[depth]
	err := p.load(s.h, id, s.fetch)
	if err != nil {
		s.used.set(id) // nobody else can use it either
		s.skip(bucket, id, lo, hi)
		return depth
	}
	p.lo, p.hi, p.next = lo, hi, 0
	switch {
	case p.flags == flagLeaf && s.inPlace(p):
		s.leafPage(bucket, p)
	case p.flags == flagBranch && s.branch(p) && depth+1 < maxDepth:
		s.used.set(id)
		s.report.Read++
		return depth + 1
	default: // it may be right where something else leads to it
		s.skip(bucket, id, lo, hi)
	}
	return depth
}

// branch says whether a branch page can be followed.
func (s *salvager) branch(p *page) bool {
	if _, msg := checkElements(p.buf, false, int(p.count), p.size); p.count == 0 || msg != "" {
		return false
	}
	for i := range int(p.count) {
		if key := p.branchKey(i); !inRange(key, p.lo, p.hi) || i > 0 && bytes.Compare(p.branchKey(i-1), key) >= 0 {
			return false
		}
	}
	return true
}
