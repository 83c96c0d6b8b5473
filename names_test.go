package kuzzlite

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// Kuzzle's rules for the names of indexes and collections.
func TestNames(t *testing.T) {
	good := []string{
		"a", "0", "_", "-", "_x", "@x", "~", "a-b_c", "all", "_all_", "__proto__", "constructor", "kuzzle", "日本", "é", "😀", "ß", "a\u00a0b",
		"!", "$", "'", "(", ")", ";", "=", "[", "]", "^", "`", "{", "}", "\x00", "\x7f", strings.Repeat("x", 126), strings.Repeat("é", 63),
	}
	bad := []string{
		"", "A", "aB", "É", "Σ", "_all", strings.Repeat("x", 127), strings.Repeat("é", 63) + "x", "\xff", "a\xc3",
	}
	for _, c := range "\\/*?\"<>| \t\r\n,+#:.&%" {
		bad = append(bad, string(c), "a"+string(c), string(c)+"a")
	}
	f := newFixture(t, &Options{AutoCreate: true})
	makers := map[string]func(ctx context.Context, name string) error{
		"index":             f.s.CreateIndex,
		"collection":        func(ctx context.Context, name string) error { return f.s.CreateCollection(ctx, "i", name) },
		"collection in new": func(ctx context.Context, name string) error { return f.s.CreateCollection(ctx, "new"+name, name) },
		"by a write": func(ctx context.Context, name string) error {
			_, err := f.s.Collection("auto"+name, name).Create(ctx, "a", raw(`{}`), nil)
			return err
		},
	}
	for what, create := range makers {
		for _, name := range good {
			if len(name) > 120 && strings.Contains(what, " ") {
				continue // too long with what is put before it
			}
			if err := create(ctx, name); err != nil {
				t.Errorf("%s %q: %v", what, name, err)
			}
		}
	}
	sequence := f.s.Sequence()
	for what, create := range makers {
		for _, name := range bad {
			f.is(what+" "+name, create(ctx, name), ErrInvalid)
		}
	}
	f.equal("sequence", f.s.Sequence(), sequence)
	_, err := f.s.Collection("Index", "col").Create(ctx, "a", raw(`{}`), nil)
	if f.is("index", err, ErrInvalid); err != nil && !strings.Contains(err.Error(), `index name "Index": it must be lower case`) {
		t.Error(err)
	}
}

// With AutoCreate reads of a collection that no write could create found it empty, and a watcher waited for ever.
func TestNamesInReads(t *testing.T) {
	f := newFixture(t, &Options{AutoCreate: true})
	for _, c := range []*Collection{
		f.s.Collection("S", "c"), f.s.Collection("", "c"), f.s.Collection("i", "a b"), f.s.Collection("i", ""),
		f.s.Collection("i", "c/d"), f.s.Collection("i/c", ""), f.s.Collection("#store", "feed"),
		f.s.Collection("i", "\xff"),
	} {
		for _, calls := range []collectionCalls{readCalls, writeCalls} {
			for name, call := range calls {
				if name != "Truncate" { // which creates nothing
					f.is(fmt.Sprintf("%s of %q/%q", name, c.Index(), c.Name()), call(ctx, c), ErrInvalid)
				}
			}
		}
		impatient, cancel := context.WithTimeout(ctx, patience)
		n := 0
		for _, err := range c.Watch(impatient, nil) {
			n++
			f.is(fmt.Sprintf("Watch of %q/%q", c.Index(), c.Name()), err, ErrInvalid)
		}
		f.equal("what a watcher gets", n, 1)
		cancel()
	}
	f.equal("sequence", f.s.Sequence(), uint64(2))
}

// A name that no index and no collection can have is told as such, and not as one that does not exist yet.
func TestWrongNamesFirst(t *testing.T) {
	f := newFixture(t, nil)
	for what, err := range map[string]error{
		"read":              func() error { _, err := f.s.Collection("CRM", "c").Get(ctx, "a"); return err }(),
		"collection":        func() error { _, err := f.s.Collection("i", "CRM").Count(ctx); return err }(),
		"truncate":          f.s.Collection("i", "CRM").Truncate(ctx),
		"delete index":      f.s.DeleteIndex(ctx, "CRM"),
		"delete collection": f.s.DeleteCollection(ctx, "i", "CRM"),
		"list":              func() error { _, err := f.s.Collections(ctx, "CRM"); return err }(),
	} {
		f.is(what, err, ErrInvalid)
	}
}
