package soak

import (
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The bank notices money that was made, and a document that is gone.
func TestAudit(t *testing.T) {
	s, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	bank := s.Collection(oracle.Index, "bank")
	if err := foundBank(t.Context(), bank); err != nil {
		t.Fatal(err)
	}
	if err := audit(t.Context(), bank); err != nil {
		t.Error(err)
	}
	if _, err := bank.Update(t.Context(), bankID(1), balances{"2": bankStart + 1}, nil); err != nil {
		t.Fatal(err)
	}
	if audit(t.Context(), bank) == nil {
		t.Error("more money, and no error")
	}
	if _, err := bank.Delete(t.Context(), bankID(1), nil); err != nil {
		t.Fatal(err)
	}
	if audit(t.Context(), bank) == nil {
		t.Error("less money, and no error")
	}
}

// A follower notices a gap, a repeat, and a change of a document that it was not shown.
func TestFollower(t *testing.T) {
	for _, test := range []struct {
		watched string
		second  kuzzlite.Change
		ok      bool
	}{
		{"", kuzzlite.Change{Sequence: 2, Op: kuzzlite.OpUpdate, ID: "x", Version: 2}, true},
		{"", kuzzlite.Change{Sequence: 3, Op: kuzzlite.OpUpdate, ID: "x", Version: 2}, false},
		{"", kuzzlite.Change{Sequence: 1, Op: kuzzlite.OpUpdate, ID: "x", Version: 2}, false},
		{"c", kuzzlite.Change{Sequence: 3, Op: kuzzlite.OpUpdate, ID: "x", Version: 2}, true},
		{"c", kuzzlite.Change{Sequence: 3, Op: kuzzlite.OpUpdate, ID: "x", Version: 3}, false},
		{"c", kuzzlite.Change{Sequence: 3, Op: kuzzlite.OpCreate, ID: "x", Version: 1}, true}, // its tombstone had ended
	} {
		f := &follower{watched: test.watched, versions: map[string]uint64{}}
		test.second.Collection = "c"
		first := kuzzlite.Change{Sequence: 1, Op: kuzzlite.OpCreate, Collection: "c", ID: "x", Version: 1}
		if err := f.next(first); err != nil {
			t.Fatal(err)
		}
		if err := f.next(test.second); (err == nil) != test.ok {
			t.Errorf("%q, %+v: %v", test.watched, test.second, err)
		}
	}
}
