package boltfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

const (
	// maxDepth is the deepest tree that is followed, in levels of branch pages of one bucket. Splits keep two
	// children or more on a page, so that 2^64 leaves would be needed to get there.
	maxDepth = 64
	// maxBranch is the largest branch page that is read, in bytes. bbolt stops at four keys of 32 KiB; only names of
	// buckets have no limit there.
	maxBranch = 64 << 20
	// maxKey is the longest key that is read, in bytes.
	maxKey = 16 << 20
)

// Options of [Walk]; nil means the defaults.
type Options struct {
	// Limit is the number of problems after which the walk ends. 0 means 100.
	Limit int
	// Seen is called again and again: the walk has visited so many pages of those that are in use. In the end these are as
	// many, unless pages are damaged or lost. Before the freelist is read all pages are taken to be in use. Nil: it is not
	// called.
	Seen func(visited, used uint64)
}

func (o *Options) limit() int {
	if o == nil || o.Limit <= 0 {
		return 100
	}
	return o.Limit
}

func (o *Options) seen() func(visited, used uint64) {
	if o == nil || o.Seen == nil {
		return func(uint64, uint64) {}
	}
	return o.Seen
}

// Problem is something wrong with a page. It never quotes a key or a value.
type Problem struct {
	Page uint64
	Msg  string
}

func (p Problem) String() string { return fmt.Sprintf("page %d: %s", p.Page, p.Msg) }

// Report is what [Walk] found. Numbers of pages are of whole pages of Header.PageSize.
type Report struct {
	Problems []Problem
	// Stopped says that the walk ended at Options.Limit, so that there may be more and the numbers are partial.
	Stopped bool

	// Branch and Leaf count pages with a header, Overflow the pages that continue them.
	Branch, Leaf, Overflow uint64
	// Freelist counts the pages of the freelist itself, with their overflow.
	Freelist uint64
	// Free counts the pages on the freelist; without one, all that nothing refers to.
	Free uint64
	// Lost counts the pages that are neither reachable nor on the freelist. They cost space and nothing else, until
	// the file is compacted or opened once with NoFreelistSync. They are problems too, but counted only if there
	// are no others: whatever hangs on a damaged page is lost as well. So a file with Lost > 0 is safe to open.
	Lost uint64
	// Buckets counts all below the root bucket, Inline those among them that live in their parent's page.
	Buckets, Inline uint64
	// Keys counts what is not a bucket, Content the bytes of these keys and of their values.
	Keys, Content uint64
}

// OK reports whether the file is sound.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// visited is how many pages were found to be in use.
func (r *Report) visited() uint64 { return firstPage + r.Branch + r.Leaf + r.Overflow + r.Freelist }

// Walk checks the structure of everything that is reachable from a header:
//
//   - every page is what its parent takes it for, lies in the file, and is referred to once;
//   - elements lie inside their page, back to back, and fill it as bbolt would have;
//   - keys ascend within a page and stay in the range that the branch pages above promise;
//   - all leaves of a bucket are equally deep, and only the root of a bucket is empty;
//   - nested buckets too, those included that are stored in a leaf's value;
//   - a freelist ascends and shares no page with the rest, and no page is lost between the two.
//
// Values are not read, nor are overflow pages, unless keys lie there: damage inside a value goes unnoticed, as bbolt
// keeps no checksum.
//
// What is wrong ends up in the report, unreadable pages included; an error is returned if ctx ends, if r is closed
// ([fs.ErrClosed]), or if the header itself is impossible. Whatever the file holds, Walk ends: it reads every page
// once. It takes two bits of memory a page, eight bytes for every bucket found and not yet visited, and a page
// buffer a level.
//
// The pages of the header must not change meanwhile. So either nobody writes, or the caller holds a bbolt read
// transaction of that very txid: see [ReadHeaderAt]. A header for an open transaction can also be put together from
// tx.ID, tx.Size, tx.DB().Info().PageSize and tx.Cursor().Bucket().Root(), without its freelist.
func Walk(ctx context.Context, r io.ReaderAt, h Header, opts *Options) (Report, error) {
	if err := h.check(); err != nil {
		return Report{}, err
	}
	w := &walker{
		ctx: ctx, r: r, h: h, limit: opts.limit(), seen: opts.seen(),
		used: newBitmap(h.Pages), free: newBitmap(h.Pages),
	}
	w.metaPages()
	if h.FreelistSynced && !w.ended() {
		w.freelist()
	}
	w.follow(h.Root, 0)
	for len(w.roots) > 0 && !w.ended() {
		root := w.roots[len(w.roots)-1]
		w.roots = w.roots[:len(w.roots)-1]
		w.bucket(root)
	}
	if !w.ended() {
		w.account()
		w.seen(w.report.visited(), h.Pages-w.report.Free)
	}
	return w.report, w.err
}

// walker carries one walk. Its methods report problems and return; ended says when to stop.
type walker struct {
	ctx    context.Context
	r      io.ReaderAt
	h      Header
	limit  int
	seen   func(visited, used uint64)
	report Report
	err    error
	reads  int

	// used has a bit for every page that something refers to, set before the page is read, so that no page is read
	// twice and every walk ends. free has one for every page on the freelist.
	used, free bitmap

	// roots are buckets still to visit.
	roots []uint64
	// path are the branch pages above the current one, one a level; beyond its length, buffers to use again.
	path []*page
	// leafDepth is the depth of the current bucket's leaves, or -1 until the first.
	leafDepth int
	// keys are buffers for keys that lie beyond the first page, taken in turns, as two are compared.
	keys [2][]byte
}

func (w *walker) ended() bool { return w.err != nil || w.report.Stopped }

func (w *walker) problem(id uint64, format string, args ...any) {
	if w.ended() {
		return
	}
	w.report.Problems = append(w.report.Problems, Problem{Page: id, Msg: fmt.Sprintf(format, args...)})
	w.report.Stopped = len(w.report.Problems) >= w.limit
}

// read fills b from byte off of page id on and reports whether it could.
func (w *walker) read(b []byte, id, off uint64) bool {
	err := w.fetch(b, id, off)
	if err != nil {
		w.problem(id, "%v", err)
	}
	return err == nil
}

// fetch is read, but what the file system says is left to the caller to report.
func (w *walker) fetch(b []byte, id, off uint64) error {
	if w.reads++; w.reads%256 == 1 && w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.err != nil {
		return w.err
	}
	w.seen(w.report.visited(), w.h.Pages-w.report.Free)
	err := readFull(w.r, b, w.h.offset(id)+int64(off))
	if errors.Is(err, fs.ErrClosed) {
		w.err = err
	}
	return err
}

// metaPages checks the page headers of both meta pages, which bbolt's own check insists on although nothing needs them.
// A meta page that is not valid was being written when the power failed: all of it may be garbage, nobody reads it, and
// the next commit writes it anew.
func (w *walker) metaPages() {
	b := make([]byte, metaEnd)
	for id := range uint64(firstPage) {
		if !w.read(b, id, 0) || w.h.OneMeta && !decodeMeta(b).valid() {
			continue
		}
		if p := decodePageHeader(b); p.id != id || p.flags != flagMeta {
			w.problem(id, "is not a meta page (calls itself page %d, flags %#x)", p.id, p.flags)
		}
	}
}

// claim marks a page as used on behalf of page from and reports whether it was neither used before nor free.
func (w *walker) claim(id, from uint64) bool {
	switch {
	case id < firstPage || id >= w.h.Pages:
		w.problem(from, "refers to page %d of %d", id, w.h.Pages)
	case w.used.has(id):
		w.problem(from, "refers to page %d, which is in use elsewhere", id)
	case w.free.has(id):
		w.problem(from, "refers to page %d, which is on the freelist", id)
	default:
		w.used.set(id)
		return true
	}
	return false
}

// claimOverflow marks the overflow pages of a page and counts them. Its header has been checked, so they are
// in range. It stops at the first that is taken, and so does not go over pages again and again.
func (w *walker) claimOverflow(id uint64, p pageHeader) (n uint64) {
	for n < uint64(p.overflow) && w.claim(id+n+1, id) {
		n++
	}
	return n
}

// follow claims the root page of a bucket and puts it on the list.
func (w *walker) follow(root, from uint64) {
	if w.claim(root, from) {
		w.roots = append(w.roots, root)
	}
}

// bucket walks the tree of one bucket, depth first.
func (w *walker) bucket(root uint64) {
	w.leafDepth = -1
	depth := w.visit(root, 0, nil, nil)
	for depth > 0 && !w.ended() {
		p := w.path[depth-1]
		if p.next == int(p.count) {
			depth--
			continue
		}
		i := p.next
		p.next++
		child := decodeElement(p.buf, false, i)
		hi := p.hi
		if p.next < int(p.count) {
			hi = p.branchKey(p.next)
		}
		if w.claim(child.pgid, p.id) {
			depth = w.visit(child.pgid, depth, p.branchKey(i), hi)
		}
	}
}

// visit reads and checks the page at a depth and returns the depth of the path: one more if it is a branch page to go
// on with. Its keys are to be in [lo, hi), where nil means no bound.
func (w *walker) visit(id uint64, depth int, lo, hi []byte) int {
	if depth == len(w.path) {
		w.path = append(w.path, new(page))
	}
	p := w.path[depth]
	if !w.load(p, id) {
		return depth
	}
	p.lo, p.hi, p.next = lo, hi, 0
	overflow := w.claimOverflow(id, p.pageHeader)
	w.report.Overflow += overflow
	if p.flags == flagLeaf {
		w.report.Leaf++
		w.leaf(p, depth)
		return depth
	}
	w.report.Branch++
	if !w.branch(p) {
		return depth
	}
	if depth+1 == maxDepth {
		w.problem(id, "is %d levels deep", maxDepth)
		return depth
	}
	return depth + 1
}

// account finds the pages that nothing refers to: free ones without a freelist, lost ones with it.
func (w *walker) account() {
	if !w.h.FreelistSynced {
		for id := uint64(firstPage); id < w.h.Pages; id++ {
			if !w.used.has(id) {
				w.report.Free++
			}
		}
		return
	}
	if !w.report.OK() {
		return
	}
	var run uint64 // lost pages before id
	for id := uint64(firstPage); id <= w.h.Pages; id++ {
		if id < w.h.Pages && !w.used.has(id) && !w.free.has(id) {
			w.report.Lost++
			run++
		} else if run > 0 {
			w.problem(id-run, "%d pages from here on are neither reachable nor free", run)
			run = 0
		}
	}
}

// inRange reports whether a key is in [lo, hi), where nil means no bound.
func inRange(key, lo, hi []byte) bool {
	return (lo == nil || bytes.Compare(lo, key) <= 0) && (hi == nil || bytes.Compare(key, hi) < 0)
}

// bitmap has a bit a page.
type bitmap []uint64

func newBitmap(n uint64) bitmap     { return make(bitmap, (n+63)/64) }
func (b bitmap) has(id uint64) bool { return b[id/64]&(1<<(id%64)) != 0 }
func (b bitmap) set(id uint64)      { b[id/64] |= 1 << (id % 64) }
func (b bitmap) clear(id uint64)    { b[id/64] &^= 1 << (id % 64) }
