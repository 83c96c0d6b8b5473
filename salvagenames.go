package kuzzlite

import (
	"errors"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/disk"
)

// Salvaging the names of collections. A page with documents does not say of which collection they are: that is only on
// the pages above it, up to the page with the names of all collections. Where one of those is gone the change feed may
// tell, whose blocks have names and a checksum: a document is of the collection of which the change with the document's
// own sequence speaks, if the change is of the same id. Three rules keep what is told so from being wrong:
//
//   - Only the newest change of a document counts, and only if the collection was not emptied or deleted after that. If
//     newer changes cannot be read the document may be outdated: free pages are not looked at, unless nobody knows which
//     are free, and then Salvaged.Outdated says so.
//   - Each change counts once: a page and older copies of that page can have the same document.
//   - If something of a collection is left in its place, the feed is not asked: that can be a newer state.

// maxNamed is how many changes are looked at. It bounds memory: a feed that has more is not asked.
const maxNamed = 1 << 18

// feedNames is what the change feed tells of where documents are.
type feedNames struct {
	changes map[uint64]string // sequence to document, as collection, zero byte, id
	newest  map[string]uint64 // document to the sequence of its newest change
	emptied map[string]uint64 // index, or collection, to the sequence of the newest change that has removed all in there
}

// oldNames reports the names of collections among those of buckets, unless their documents came.
func (s *salvage) oldNames(buckets map[string]bool) {
	for bucket := range buckets {
		index, name, ok := strings.Cut(bucket, "/")
		if ok && !s.came[bucket] && checkName("index", index) == nil && checkName("collection", name) == nil {
			s.report.Names = append(s.report.Names, bucket)
		}
	}
	slices.Sort(s.report.Names)
}

// place finds out the collection of a document, where only the change feed tells.
func (s *salvage) place(d *Salvaged, k *disk.Salvaged) error {
	if k.Bucket != "" {
		s.came[k.Bucket] = true
		if !k.FromLog {
			s.left[k.Bucket] = true
		}
		return nil
	}
	if s.names == nil {
		if err := s.readNames(maxNamed); err != nil {
			return err
		}
	}
	if index, name, ok := s.names.of(&d.Document); ok && !s.left[index+"/"+name] {
		d.Index, d.Collection = index, name
		s.came[index+"/"+name] = true
		s.report.Named++
	}
	return nil
}

// errManyChanges ends the reading of a feed that is too long.
var errManyChanges = errors.New("the change feed is too long")

// readNames reads all of the change feed that is left, in the file, in the log and on pages that nothing leads to. If
// that has more changes than most none of it counts: those that were not read may be newer.
func (s *salvage) readNames(most int) error {
	n := &feedNames{changes: map[uint64]string{}, newest: map[string]uint64{}, emptied: map[string]uint64{}}
	var changes []Change
	_, err := disk.Salvage(s.ctx, s.path, s.diskOptions(), func(k *disk.Salvaged) (err error) {
		if k.Bucket != "" && k.Bucket != string(bucketChanges) {
			return nil
		}
		for _, value := range [][]byte{k.Value, k.InLog} {
			changes, err = decodeBlock(changes[:0], k.Key, value, 0)
			if err != nil {
				continue // it is something else, or damaged
			}
			for i := range changes {
				n.add(&changes[i])
			}
		}
		if len(n.changes) > most {
			return errManyChanges
		}
		return nil
	})
	if errors.Is(err, errManyChanges) {
		n, err = &feedNames{}, nil
	}
	s.names = n
	return err
}

// add notes a change.
func (n *feedNames) add(c *Change) {
	where := c.Index
	if c.Collection != "" {
		where += "/" + c.Collection
	}
	if !c.Op.ofDocument() {
		n.emptied[where] = max(n.emptied[where], c.Sequence)
		return
	}
	document := where + "\x00" + c.ID
	n.newest[document] = max(n.newest[document], c.Sequence)
	n.changes[c.Sequence] = document
}

// of says of which collection a document is, once for each document.
func (n *feedNames) of(d *Document) (index, name string, ok bool) {
	document := n.changes[d.Sequence]
	where, id, ok := strings.Cut(document, "\x00")
	index, name, _ = strings.Cut(where, "/")
	if !ok || id != d.ID || n.newest[document] != d.Sequence ||
		max(n.emptied[index], n.emptied[where]) > d.Sequence {
		return "", "", false
	}
	delete(n.changes, d.Sequence)
	return index, name, true
}
