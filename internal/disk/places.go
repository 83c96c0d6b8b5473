package disk

import (
	"bytes"

	bolt "go.etcd.io/bbolt"
)

// How full bbolt leaves the pages that it divides depends on where a slice has put keys. Where keys come behind those that
// came before, the pages in front are not touched any more, and should be full. Where keys come anywhere, pages that are
// half full have room for most others. bbolt has one answer for all pages of a bucket in a transaction.

// places counts where keys were put.
type places struct {
	puts      int
	behind    int // new ones, behind all of their kind: those with the same first byte, or of the same group of blocks
	inRuns    int // those, and the ones behind another one that was put, with no key between
	elsewhere int // the rest, with those that were there

	kind []byte // of the key that was put last; nil: nothing was put yet, or it does not matter
	next []byte // the key of the kind behind that key; nil: there is none
}

// note takes note of a key that is to be put. Keys mostly come in ascending order.
func (p *places) note(t *target, key []byte) {
	const enough = 64 // keys elsewhere: if they are many it does not pay to look
	p.puts++
	switch {
	case p.elsewhere > enough && 2*p.elsewhere > p.puts:
		p.kind = nil
		p.elsewhere++
	case p.kind != nil && bytes.HasPrefix(key, p.kind) && (p.next == nil || bytes.Compare(key, p.next) < 0):
		p.inRuns++
		if p.next == nil {
			p.behind++
		}
	default:
		p.look(t, key)
	}
}

// look finds out which key is behind one that is to be put.
func (p *places) look(t *target, key []byte) {
	n := 1
	if t.rule.Packs(key) || t.rule.IsLast(key) {
		n = t.rule.Group
	}
	p.kind, p.next = bytes.Clone(key[:min(n, len(key))]), nil
	c := t.bucket.Cursor()
	next, _ := c.Seek(key)
	there := bytes.Equal(next, key)
	if there {
		next, _ = c.Next()
	}
	if bytes.HasPrefix(next, p.kind) && !t.rule.IsLast(next) {
		p.next = bytes.Clone(next)
	}
	if there || p.next != nil {
		p.elsewhere++
		return
	}
	p.behind++
	p.inRuns++
}

// fill returns how full bbolt leaves pages that it divides. runs says that blocks have got keys in runs.
func (p *places) fill(runs bool) float64 {
	const atEnd, allRuns, inRuns, mostly = 0.95, 0.9, 0.8, 10
	switch {
	case p.behind*(mostly+1) > p.puts*mostly:
		return atEnd
	case 5*p.inRuns > 4*p.puts:
		return allRuns
	case runs, 2*p.inRuns > p.puts:
		return inRuns
	}
	return bolt.DefaultFillPercent
}
