package kuzzlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// Of a sound store everything comes once, in its newest version, wherever it is.
func TestSalvageSound(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	whole := func(what string, records bool) {
		t.Helper()
		s := salvageAt(t, f.crashed())
		f.equal(what, s.known, contentOf(f))
		if !s.Complete() || (s.LogRecords > 0) != records || s.Documents < 1000 {
			t.Errorf("%s: %+v", what, *s.SalvageReport)
		}
	}
	whole("without a log", false)
	f.change()
	whole("with a log", true)
	f.reopen(func(o *Options) { o.CheckpointSize = minCheckpointSize })
	for n := range 40 { // checkpoints come and go
		f.load("i", "c", 200, fmt.Sprint(n))
		if n%4 == 3 {
			s := salvageAt(t, f.crashed())
			f.equal("during checkpoints", s.known, contentOf(f))
			if !s.Complete() {
				t.Errorf("%+v", *s.SalvageReport)
			}
		}
	}
	f.crash()
	_, err := f.s.Collection("i", "c").Delete(ctx, "doc-00100", nil)
	f.ok(err)
	whole("after a crash", true)
	f.reopen(func(o *Options) { o.ReadOnly = true })
	s := salvageAt(t, f.path) // beside another reader
	f.equal("closed", s.known, contentOf(f))
	if !s.Complete() || s.LogRecords > 0 {
		t.Errorf("closed: %+v", *s.SalvageReport)
	}
}

func TestSalvageErrors(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true})
	f.load("i", "c", 200, "v")
	never := func(Salvaged) error { t.Error("something was found"); return nil }
	dir := t.TempDir()
	text, foreign := filepath.Join(dir, "text"), filepath.Join(dir, "bolt")
	f.ok(os.WriteFile(text, bytes.Repeat([]byte("text\n"), 5000), 0o600))
	db, err := bolt.Open(foreign, 0o600, nil)
	f.ok(err)
	f.ok(db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		return errors.Join(err, b.Put([]byte("k"), []byte("v")))
	}))
	f.ok(db.Close())
	for _, c := range []struct {
		path string
		want error
	}{
		{f.path, ErrLocked}, {text, ErrNotStore}, {foreign, ErrNotStore}, {dir, ErrNotStore},
		{filepath.Join(dir, "none"), fs.ErrNotExist}, {"", ErrInvalid},
	} {
		r, err := Salvage(ctx, c.path, never)
		f.is(c.path, err, c.want)
		if r != nil {
			t.Errorf("%s: %+v", c.path, *r)
		}
	}
	path := f.crashed()
	full, calls := errors.New("full"), 0
	_, err = Salvage(ctx, path, func(Salvaged) error { calls++; return full })
	if err != full || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	f.ok(f.s.Close())
	for name, path := range map[string]string{"log": path, "file": f.path} {
		ctx, cancel := context.WithCancel(ctx)
		calls = 0
		_, err = Salvage(ctx, path, func(Salvaged) error { calls++; cancel(); return nil })
		if !errors.Is(err, context.Canceled) || calls > 100 {
			t.Errorf("%s: %v after %d calls", name, err, calls)
		}
		_, err = Salvage(ctx, path, never)
		f.is(name+", cancelled", err, context.Canceled)
	}
}

// The mapping of a collection is salvaged in its newest state, in the file or in the log, also where there is no document.
func TestSalvageMapping(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true})
	mapped := func(what string, want map[string]string) {
		t.Helper()
		got := map[string]string{}
		for where, m := range salvageAt(t, f.crashed()).Mappings {
			got[where] = string(m.encoded())
		}
		f.equal(what, got, want)
	}
	f.maps(`{"properties":{"n":{"type":"long"}}}`)
	f.ok(f.s.Collection("i", "empty").UpdateMapping(ctx, Mapping{Mappings: []byte(`{"dynamic":"strict"}`)}))
	f.put("a", `{"n":1}`)
	want := map[string]string{"i/c": `{"mappings":{"dynamic":"true","properties":{"n":{"type":"long"}}}}`,
		"i/empty": `{"mappings":{"dynamic":"strict","properties":{}}}`}
	mapped("in the log", want)
	f.reopen(nil)
	mapped("in the file", want)
	f.put("b", `{"x":true}`)
	want["i/c"] = `{"mappings":{"dynamic":"true","properties":{"n":{"type":"long"},"x":{"type":"boolean"}}}}`
	mapped("newer in the log", want)
}
