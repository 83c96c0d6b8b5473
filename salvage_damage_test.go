package kuzzlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Salvage with damage in the store's file.

// A leaf page that is zeroed, or has rotted, costs what is on it.
func TestSalvageLeaf(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	leaf := w.leaves(w.root(f.path, "i/c"))[7]
	var lost []string
	for _, id := range w.ids(leaf) {
		lost = append(lost, "i/c "+id)
	}
	if len(lost) < 5 {
		t.Fatalf("%d documents on the page", len(lost))
	}
	zeroed := w.clone()
	clear(zeroed.page(leaf))
	s := zeroed.salvage("zeroed", want)
	f.equal("missing", s.missing(want), lost)
	if s.Skipped != 1 || s.Damaged > 0 || s.Unknown > 0 || s.Complete() || !s.LogComplete {
		t.Errorf("zeroed: %+v", *s.SalvageReport)
	}
	rotten := w.clone()
	p := rotten.page(leaf)
	p[bytes.LastIndex(p, []byte(`"pad"`))+20] ^= 4
	s = rotten.salvage("rotten", want)
	if s.Skipped != 0 || s.Damaged != 1 || s.Unknown > 0 || s.Complete() {
		t.Errorf("rotten: %+v", *s.SalvageReport)
	}
	f.equal("missing", s.missing(want), lost[len(lost)-1:])
	_, id, _ := strings.Cut(lost[len(lost)-1], " ")
	f.equal("problems", s.Problems, []string{
		fmt.Sprintf("document %q in i/c: data is corrupt: checksum of a record does not match", id)})
}

// A branch page that is zeroed costs no document: they come without their collection at worst.
func TestSalvageBranch(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	root := w.root(f.path, "i/c")
	clear(w.page(root))
	s := w.salvage("zeroed", want)
	for key, value := range want {
		if !s.has(key, value) {
			t.Fatalf("%q is missing; %+v", key, *s.SalvageReport)
		}
	}
	if s.Skipped != 1 || s.Unknown == 0 || s.Damaged > 0 || s.Complete() {
		t.Errorf("%+v", *s.SalvageReport)
	}
	for _, key := range s.missing(want) {
		if !strings.HasPrefix(key, "i/c ") {
			t.Errorf("%q has lost its collection", key)
		}
	}
}

// Without both meta pages the newest root is found by what it leads to.
func TestSalvageWithoutHeader(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	clear(w.b[:2*w.size])
	if _, err := Open(w.write(), nil); !errors.Is(err, ErrNotStore) {
		t.Errorf("open: %v", err)
	}
	s := w.salvage("without header", want)
	f.equal("documents", s.known, want)
	if !s.HeaderLost || s.Complete() || !s.LogComplete {
		t.Errorf("%+v", *s.SalvageReport)
	}
}

// A page that leads back to itself, or to a page above it, is no way on.
func TestSalvageCycle(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	root := w.root(f.path, "i/c")
	binary.NativeEndian.PutUint64(w.child(root, 5), uint64(root))
	if _, err := Open(w.write(), nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("open: %v", err)
	}
	s := w.salvage("cycle", want)
	for key, value := range want {
		if !s.has(key, value) {
			t.Fatalf("%q is missing; %+v", key, *s.SalvageReport)
		}
	}
	if s.Skipped != 1 || s.Complete() {
		t.Errorf("%+v", *s.SalvageReport)
	}
}

// Whichever page is gone, everything that is not on that page is found, and nothing is made up.
func TestSalvageAnyPage(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true, FeedMaxCount: 50})
	f.load("i", "c", 400, "old")
	f.load("j", "small", 3, "old")
	f.reopen(nil)
	f.load("i", "c", 100, "new")
	want := contentOf(f)
	f.ok(f.s.Close())
	w := wreckOf(t, f.path)
	top := w.root(f.path, "")
	incomplete := 0
	for page := 2; page < w.pages(); page++ {
		lost := map[string]bool{}
		for _, id := range w.ids(page) {
			lost[id] = true
		}
		zeroed := w.clone()
		clear(zeroed.page(page))
		s := zeroed.salvage(fmt.Sprint("page ", page), want)
		for key, value := range want {
			_, id, _ := strings.Cut(key, " ")
			inTop := page == top && strings.HasPrefix(key, "j/") // inlined there
			if !s.has(key, value) && !lost[id] && !inTop {
				t.Fatalf("page %d: %q is missing; %+v", page, key, *s.SalvageReport)
			}
		}
		if !s.Complete() {
			incomplete++
		} else if len(s.missing(want)) > 0 {
			t.Errorf("page %d: documents are missing, and nothing says so", page)
		}
	}
	if incomplete < 10 {
		t.Errorf("only %d pages were missed", incomplete)
	}
}
