package command

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// A report collects what became of the items of an input: it counts, lists what failed, and with --json writes Kuzzle's
// answer as it grows.
type report struct {
	created, updated, unchanged, failed int
	unread                              int   // of the failed: no item could be read
	damage                              error // of the failed: the first that says that the store is damaged

	same   sameness
	plain  bool     // an item seems to be a document as it is
	fields []string // of the first document that lacks the field with the id

	begun    time.Time
	stderr   io.Writer
	answer   *answer   // with --json
	progress *progress // nil: none
	pending  []rejected
	listed   int // of the failed, on standard error
}

// maxListed is how many items that failed are listed on standard error: who has more looks for the reason elsewhere.
const maxListed = 100

// rejected is an item that failed.
type rejected struct {
	place place
	text  string // for people
	json  []byte // for --json
}

// missingID is plainer than the reason of Kuzzle, which --json gives: "document _id must be a string".
const missingID = "_id is missing"

// missingChanges is plainer than "document changes must be an object".
const missingChanges = "changes is missing"

// success counts a document that was written, or was as asked already.
func (r *report) success(s *kuzzlite.Success) error {
	r.same.success()
	switch {
	case s.Created:
		r.created++
	case s.Noop:
		r.unchanged++
	default:
		r.updated++
	}
	if r.answer == nil {
		return nil
	}
	return r.answer.success(s)
}

// result takes in what became of the items of a batch.
func (r *report) result(res *kuzzlite.Result, b *batch) error {
	for i := range res.Successes {
		if err := r.success(&res.Successes[i]); err != nil {
			return err
		}
	}
	for i := range res.Errors {
		f := &res.Errors[i]
		text := f.Reason
		if r.damage == nil && errors.Is(f.Err, kuzzlite.ErrCorrupt) {
			r.damage = f.Err
		}
		if f.Err != nil && f.Err.ID != "" {
			reason := strings.TrimPrefix(f.Reason, "["+f.Err.ID+"]: ") // with which Kuzzle's reasons of conflicts begin
			text = fmt.Sprintf("document %q: %s", f.Err.ID, reason)
		}
		s := b.spans[f.Position]
		if f.Err != nil && f.Err.ID == "" && b.json[s.start] == '{' && !hasKey(b.json[s.start:s.end], "_id") {
			text = missingID
		} else if f.Err != nil && f.Err.ID != "" && seemsPlain(b.json[s.start:s.end]) {
			text = fmt.Sprintf("document %q: %s", f.Err.ID, missingChanges)
		}
		r.plain = r.plain || seemsPlain(b.json[s.start:s.end])
		failed := rejected{place: s.place, text: text}
		if r.answer != nil {
			failed.json = f.AppendJSON(nil)
		}
		r.reject(failed)
	}
	return nil
}

// bad takes in items that no document could be read from. In Kuzzle's answer they have no document.
func (r *report) bad(items []*badItem) {
	for _, b := range items {
		failed := rejected{place: b.place, text: b.reason}
		if r.answer != nil {
			failed.json = appendJSON([]byte(`{"document":null,"reason":`), b.Error())
			failed.json = append(failed.json, `,"status":400}`...)
		}
		r.reject(failed)
		r.unread++
		r.plain = r.plain || b.plain
		if r.fields == nil {
			r.fields = b.fields
		}
	}
}

func (r *report) reject(f rejected) {
	r.failed++
	r.same.failure(f.text)
	r.pending = append(r.pending, f)
}

// flush lists what failed since the last time, in the order of the input.
func (r *report) flush() error {
	slices.SortStableFunc(r.pending, func(a, b rejected) int { return cmp.Compare(a.place.item, b.place.item) })
	if len(r.pending) > 0 {
		r.progress.clear()
	}
	for _, f := range r.pending {
		if r.answer != nil {
			if err := r.answer.failure(f.json); err != nil {
				return err
			}
			continue
		}
		if r.listed == maxListed {
			break
		}
		r.listed++
		fmt.Fprintf(r.stderr, "%v: %s\n", f.place, printable(f.text))
	}
	r.pending = r.pending[:0]
	return nil
}

// written is how many documents are as asked.
func (r *report) written() int { return r.created + r.updated + r.unchanged }

func (r *report) total() int { return r.written() + r.failed }

// summary writes the last line.
func (r *report) summary() {
	r.progress.clear()
	if more := r.failed - r.listed; more > 0 && r.answer == nil {
		fmt.Fprintf(r.stderr, "… and %s failed\n", counted(uint64(more), "more line"))
	}
	took := time.Since(r.begun)
	rate := 0.0
	if took > 0 {
		rate = float64(r.total()) / took.Seconds()
	}
	fmt.Fprintf(r.stderr, "created %d, updated %d, unchanged %d, failed %d; %.3g s, %.0f documents/s\n",
		r.created, r.updated, r.unchanged, r.failed, took.Seconds(), rate)
}
