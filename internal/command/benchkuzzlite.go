package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// A contender is a store that bench measures. It has the documents of a benchData, each with its revision.
type contender interface {
	name() string

	// fill creates the documents from number first to number end, without end itself, in one durable call.
	fill(ctx context.Context, first, end int) error

	// update returns the call that durably gives documents their next revision. Several callers at once say so.
	update(numbers []int, together bool) benchCall

	get(number int) benchCall     // reads one document
	list(first, n int) benchCall  // reads n documents, in the order of their ids
	settle(context.Context) error // waits for what the contender does behind the calls
	verify(context.Context) error // compares all documents with what the calls made of them
	close() error
}

// A benchCall is one call of which the time is taken. What can be prepared is prepared before.
type benchCall func(context.Context) error

// benchKuzzlite is Kuzzlite as anybody uses it: default options, full results.
type benchKuzzlite struct {
	data      *benchData
	path      string
	store     *kuzzlite.Store
	documents *kuzzlite.Collection
	revisions []uint32 // by number; only one caller at a time has a document
}

func newBenchKuzzlite(dir string, data *benchData) (contender, error) {
	k := &benchKuzzlite{data: data, path: filepath.Join(dir, "kuzzlite.db"), revisions: make([]uint32, data.documents)}
	if err := k.open(kuzzlite.Options{AutoCreate: true, Mode: kuzzlite.OpenNew}); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *benchKuzzlite) open(o kuzzlite.Options) (err error) {
	if k.store, err = kuzzlite.Open(k.path, &o); err != nil {
		return err
	}
	k.documents = k.store.Collection("bench", "orders")
	return nil
}

func (k *benchKuzzlite) name() string { return "Kuzzlite" }

func (k *benchKuzzlite) fill(ctx context.Context, first, end int) error {
	var items []kuzzlite.Write
	for i := first; i < end; i++ {
		k.revisions[i] = 1
		items = append(items, kuzzlite.Write{ID: k.data.id(i), Body: k.data.document(i, 1)})
	}
	res, err := k.documents.MCreate(ctx, items)
	if err != nil {
		return err
	}
	return res.Err()
}

func (k *benchKuzzlite) update(numbers []int, _ bool) benchCall {
	items := make([]kuzzlite.Upsert, len(numbers))
	for i, number := range numbers {
		k.revisions[number]++
		items[i] = kuzzlite.Upsert{ID: k.data.id(number), Changes: json.RawMessage(k.data.changes(k.revisions[number]))}
	}
	if len(items) == 1 {
		return func(ctx context.Context) error {
			s, err := k.documents.Upsert(ctx, items[0].ID, items[0].Changes, nil)
			if err != nil {
				return err
			}
			return k.checkVersion(numbers[0], s.Version)
		}
	}
	return func(ctx context.Context) error {
		res, err := k.documents.MUpsert(ctx, items)
		if err == nil {
			err = res.Err()
		}
		if err != nil {
			return err
		}
		for i := range res.Successes {
			if err := k.checkVersion(numbers[res.Successes[i].Position], res.Successes[i].Version); err != nil {
				return err
			}
		}
		return nil
	}
}

func (k *benchKuzzlite) checkVersion(number int, version uint64) error {
	if want := k.revisions[number]; version != uint64(want) {
		return fmt.Errorf("%w: document %q has version %d after %d writes", errBenchWrong, k.data.id(number), version, want)
	}
	return nil
}

func (k *benchKuzzlite) get(number int) benchCall {
	id := k.data.id(number)
	return func(ctx context.Context) error {
		doc, err := k.documents.Get(ctx, id)
		if err != nil {
			return err
		}
		return k.checkVersion(number, doc.Version)
	}
}

func (k *benchKuzzlite) list(first, n int) benchCall {
	o := &kuzzlite.ListOptions{From: k.data.id(first), Limit: n}
	return func(ctx context.Context) error {
		seen := 0
		for doc, err := range k.documents.All(ctx, o) {
			if err != nil {
				return err
			}
			if err := k.checkVersion(first+seen, doc.Version); err != nil {
				return err
			}
			seen++
		}
		return checkListed(seen, n)
	}
}

// settle waits until no checkpoint is under way: it would run in the time of the other contender.
func (k *benchKuzzlite) settle(ctx context.Context) error {
	for {
		st, err := k.store.Stats(ctx)
		switch {
		case err != nil:
			return err
		case st.Failure != "" || st.Stuck != "":
			return errors.New(st.Failure + st.Stuck)
		case st.FrozenBytes == 0:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// verify opens the store once more, so that it sees what is in the file.
func (k *benchKuzzlite) verify(ctx context.Context) error {
	if err := k.close(); err != nil {
		return err
	}
	if err := k.open(kuzzlite.Options{ReadOnly: true}); err != nil {
		return err
	}
	seen := 0
	for doc, err := range k.documents.All(ctx) {
		if err != nil {
			return err
		}
		if seen == k.data.documents || doc.ID != k.data.id(seen) {
			return fmt.Errorf("%w: document %q is not the one that must come next, number %d", errBenchWrong, doc.ID, seen)
		}
		if err := k.checkVersion(seen, doc.Version); err != nil {
			return err
		}
		if err := k.data.check(seen, k.revisions[seen], doc.Source); err != nil {
			return err
		}
		seen++
	}
	return checkListed(seen, k.data.documents)
}

func (k *benchKuzzlite) close() error {
	s := k.store
	if k.store = nil; s == nil {
		return nil
	}
	return s.Close()
}

// errBenchWrong is of a store that has other documents than the calls have made.
var errBenchWrong = errors.New("wrong documents")

func checkListed(n, want int) error {
	if n != want {
		return fmt.Errorf("%w: a list has %s, and must have %d", errBenchWrong, counted(uint64(n), "document"), want)
	}
	return nil
}
