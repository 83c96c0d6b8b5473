package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// Letters: what is owed of documents that upstream has not taken. They are documents of the store, in an index of the
// outbox, so that what is owed of other documents is acknowledged meanwhile.

// Letter is what is owed of a document that upstream has refused. It is tried again at a time, or parked until somebody
// decides what becomes of it. What a document has that changes again is sent with what its letter owes.
type Letter struct {
	ID         string `json:"-"` // of the letter
	Index      string `json:"index"`
	Collection string `json:"collection"`
	Document   string `json:"document"` // its id

	Parked   bool      `json:"parked"`            // it waits for Retry, Edit or Drop
	Next     time.Time `json:"next"`              // when it is tried again, if it is not parked
	Attempts int       `json:"attempts"`          // how often upstream has refused it
	History  []Attempt `json:"history"`           // the newest 20, the oldest of them first
	Paths    []string  `json:"paths,omitempty"`   // where updates have changed the document; none: it is sent as it is
	Created  bool      `json:"created,omitempty"` // the document was created here
	Deleted  bool      `json:"deleted,omitempty"` // the document was deleted here
	Silent   bool      `json:"silent,omitempty"`  // nobody upstream is to be notified
	Sequence uint64    `json:"sequence"`          // of the newest change that is owed
	Made     int64     `json:"made"`              // when that was made, in ms since 1970
	First    uint64    `json:"first"`             // that of the oldest one

	// Body is what is sent, as changes, in the place of what the document has: see Outbox.Edit.
	Body json.RawMessage `json:"body,omitempty"`
}

// storedLetter is a letter as it is stored.
type storedLetter struct {
	Letter
	Due int64 `json:"due"` // Next in ms since 1970
}

// Attempt is one try to send what is owed of a document.
type Attempt struct {
	Time   time.Time `json:"time"`
	Status int       `json:"status"` // as in HTTP
	Reason string    `json:"reason"`
}

// maxHistory is how many attempts a letter remembers.
const maxHistory = 20

// letterID is the id of the letter of a document: ids of documents may be too long to be part of it.
func letterID(k key) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s", k.place.index, k.place.collection, k.id)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// letters is the collection of the letters.
func (o *Outbox) letters() *kuzzlite.Collection {
	return o.store.Collection(o.opts.Index, o.opts.Name+lettersSuffix)
}

// Letters yields the letters, in no order of meaning.
func (o *Outbox) Letters(ctx context.Context) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for d, err := range o.letters().All(ctx) {
			var l Letter
			if err == nil {
				l, err = readLetter(&d)
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

func readLetter(d *kuzzlite.Document) (l Letter, err error) {
	if err := json.Unmarshal(d.Source, &l); err != nil {
		return l, fmt.Errorf("letter %s: %w", d.ID, err)
	}
	l.ID = d.ID
	return l, nil
}

// Letter returns the letter with an id. kuzzlite.ErrNotFound if there is none.
func (o *Outbox) Letter(ctx context.Context, id string) (Letter, error) {
	d, err := o.letters().Get(ctx, id)
	if err != nil {
		return Letter{}, noLetter(id, err)
	}
	return readLetter(&d)
}

// Retry sends letters again, soon. kuzzlite.ErrNotFound for the first that there is not; those before it are sent.
func (o *Outbox) Retry(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if _, err := o.letters().Update(ctx, id, map[string]any{"parked": false, "next": time.Time{}, "due": 0}, local); err != nil {
			return noLetter(id, err)
		}
	}
	o.lettersDue()
	return nil
}

// Edit has a letter sent again, soon, with changes in the place of what the document has: they are merged into the
// document upstream. The document here stays as it is. Changes of the document here that come later are sent as ever.
func (o *Outbox) Edit(ctx context.Context, id string, changes json.RawMessage) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(changes, &object); err != nil || object == nil {
		return fmt.Errorf("%w changes of letter %s: they must be a JSON object", kuzzlite.ErrInvalid, id)
	}
	_, err := o.letters().Modify(ctx, id, func(d kuzzlite.Document) (any, error) {
		if d.Version == 0 {
			return nil, noLetter(id, kuzzlite.ErrNotFound)
		}
		l, err := readLetter(&d)
		l.Parked, l.Next, l.Body = false, time.Time{}, changes
		return storedLetter{l, 0}, err
	}, local)
	if err == nil {
		o.lettersDue()
	}
	return err
}

// Drop gives up what letters owe: upstream never gets it. kuzzlite.ErrNotFound for the first that there is not; those
// before it are gone.
func (o *Outbox) Drop(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if _, err := o.letters().Delete(ctx, id, local); err != nil {
			return noLetter(id, err)
		}
	}
	return nil
}

// noLetter says of a letter that is not there what is not there.
func noLetter(id string, err error) error {
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return fmt.Errorf("letter %q: %w", id, kuzzlite.ErrNotFound)
	}
	return err
}

// asLetter returns the letter of what is owed, after one more attempt.
func (e *owed) asLetter(before *Letter, at Attempt) Letter {
	l := Letter{
		Index: e.place.index, Collection: e.place.collection, Document: e.id, Attempts: e.attempts, Created: e.created && !e.whole,
		Deleted: e.gone, Silent: !e.loud, Sequence: e.last, Made: e.at, First: e.first, Body: e.body,
	}
	if !e.whole {
		l.Paths = e.paths
	}
	if before != nil {
		l.History = before.History
	}
	if l.History = append(l.History, at); len(l.History) > maxHistory {
		l.History = l.History[len(l.History)-maxHistory:]
	}
	return l
}

// putLetter writes a letter, or removes what is over.
func (o *Outbox) putLetter(ctx context.Context, tx *kuzzlite.Tx, s settled) error {
	letters := tx.Collection(o.opts.Index, o.opts.Name+lettersSuffix)
	if s.letter != nil {
		_, err := letters.CreateOrReplace(ctx, letterID(s.e.key), storedLetter{*s.letter, s.letter.Next.UnixMilli()}, local)
		return err
	}
	_, err := letters.Delete(ctx, letterID(s.e.key), local)
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return nil
	}
	return err
}

// owedBy returns what a letter owes.
func (l *ledger) owedBy(letter *Letter) *owed {
	e := &owed{
		key:   key{l.place(letter.Index, letter.Collection), letter.Document},
		first: letter.First, last: letter.Sequence, at: letter.Made, paths: letter.Paths, created: letter.Created,
		whole: len(letter.Paths) == 0, gone: letter.Deleted, loud: !letter.Silent, letter: true,
		attempts: letter.Attempts, edited: letter.Body != nil, body: letter.Body,
	}
	e.whole = e.whole && !e.created
	return e
}
