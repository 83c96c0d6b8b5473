package outbox

import (
	"bytes"
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
//
// A letter without a Document says that upstream has refused to empty or to delete a collection. It is parked, and cannot
// be sent again, since the collection may have been filled since: empty it upstream, and drop the letter.
type Letter struct {
	ID         string `json:"-"` // of the letter
	Index      string `json:"index"`
	Collection string `json:"collection"`
	Document   string `json:"document"` // its id; "" if the letter is of the whole collection

	Parked   bool      `json:"parked"`            // it waits for Retry, Edit or Drop
	Next     time.Time `json:"next,omitzero"`     // when it is tried again, if it is not parked
	Attempts int       `json:"attempts"`          // how often upstream has refused it
	History  []Attempt `json:"history"`           // the newest 20, the oldest of them first
	Paths    []string  `json:"paths,omitempty"`   // where updates have changed the document; none: it is sent as it is
	Created  bool      `json:"created,omitempty"` // the document was created here
	Deleted  bool      `json:"deleted,omitempty"` // the document was deleted here
	Silent   bool      `json:"silent,omitempty"`  // nobody upstream is to be notified
	Sequence uint64    `json:"sequence"`          // of the newest change that is owed
	Made     int64     `json:"made"`              // when that was made, in ms since 1970

	// Body is what is sent, as changes, in the place of what the document had when Outbox.Edit was called. What has changed
	// since is sent with it, unless BodyOnly says that nothing has.
	Body     json.RawMessage `json:"body,omitempty"`
	BodyOnly bool            `json:"bodyOnly,omitempty"`
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
	return o.store.Collection(o.opts.Index, o.opts.Name+LettersSuffix)
}

// Letters yields the letters, in no order of meaning.
func (o *Outbox) Letters(ctx context.Context) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for d, err := range o.letters().All(ctx) {
			var l Letter
			if err == nil {
				l, err = ReadLetter(d)
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// ReadLetter reads a letter from its document, which is in the collection NAME-letters of the outbox's index.
func ReadLetter(d kuzzlite.Document) (l Letter, err error) {
	if err := json.Unmarshal(d.Source, &l); err != nil {
		return l, fmt.Errorf("letter %s: %w", d.ID, err)
	}
	l.ID = d.ID
	return l, nil
}

// Retried returns the document of the letter that is sent again, soon: who works on a store whose outbox another program
// has open writes that, and the outbox finds it. kuzzlite.ErrInvalid for a letter of a whole collection.
func (l Letter) Retried() (document any, err error) {
	if l.Document == "" {
		return nil, fmt.Errorf("%w letter %s: it is of a whole collection, which may have been filled since; empty the "+
			"collection upstream, and drop the letter", kuzzlite.ErrInvalid, l.ID)
	}
	l.Parked, l.Next, l.Attempts = false, time.Time{}, 0
	return storedLetter{l, 0}, nil
}

// Edited returns the document of the letter that is sent again with changes: see Outbox.Edit and Retried.
func (l Letter) Edited(changes json.RawMessage) (document any, err error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(changes, &object); err != nil || object == nil {
		return nil, fmt.Errorf("%w changes of letter %s: they must be a JSON object", kuzzlite.ErrInvalid, l.ID)
	}
	l.Body, l.BodyOnly = changes, true
	return l.Retried()
}

// Letter returns the letter with an id. kuzzlite.ErrNotFound if there is none.
func (o *Outbox) Letter(ctx context.Context, id string) (Letter, error) {
	d, err := o.letters().Get(ctx, id)
	if err != nil {
		return Letter{}, noLetter(id, err)
	}
	return ReadLetter(d)
}

// Retry sends letters again, soon, and counts their attempts anew. kuzzlite.ErrNotFound for the first that there is not,
// kuzzlite.ErrInvalid for one of a whole collection; those before it are sent.
func (o *Outbox) Retry(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if err := o.change(ctx, id, Letter.Retried); err != nil {
			return err
		}
	}
	return nil
}

// Edit has a letter sent again, soon, with changes in the place of what the document has: they are merged into the
// document upstream. The document here stays as it is. Changes of the document here that come later are sent as ever.
func (o *Outbox) Edit(ctx context.Context, id string, changes json.RawMessage) error {
	return o.change(ctx, id, func(l Letter) (any, error) { return l.Edited(changes) })
}

// change changes a letter.
func (o *Outbox) change(ctx context.Context, id string, to func(Letter) (any, error)) error {
	_, err := o.letters().Modify(ctx, id, func(d kuzzlite.Document) (any, error) {
		if d.Version == 0 {
			return nil, noLetter(id, kuzzlite.ErrNotFound)
		}
		l, err := ReadLetter(d)
		if err != nil {
			return nil, err
		}
		return to(l)
	}, local)
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

// settled is what has become of what was owed of a document: nothing is any more, or it was refused.
type settled struct {
	e       *owed
	refused *Attempt  // nil: nothing is owed any more
	parked  bool      // the letter waits for somebody
	next    time.Time // when it is sent again otherwise
}

// putLetter writes the letter of a document, or removes one that is over. Somebody may have edited or dropped the letter
// while what it owed was on its way: then that holds.
func (o *Outbox) putLetter(ctx context.Context, tx *kuzzlite.Tx, s settled) error {
	letters, id := tx.Collection(o.opts.Index, o.opts.Name+LettersSuffix), letterID(s.e.key)
	known, err := letters.Get(ctx, id)
	isThere := err == nil
	if err != nil && !errors.Is(err, kuzzlite.ErrNotFound) {
		return err
	}
	var letter Letter
	if isThere {
		if letter, err = ReadLetter(known); err != nil {
			return err
		}
	}
	edited := isThere && !bytes.Equal(letter.Body, s.e.body)
	onlyLetter := s.e.letter && s.e.first == 0
	switch {
	case s.refused == nil && isThere && !edited:
		_, err := letters.Delete(ctx, id, ofRun)
		return err
	case s.refused == nil, onlyLetter && (edited || !isThere):
		return nil
	}
	after := s.e.asLetter(letter.History, *s.refused)
	if after.Parked = s.parked; !s.parked {
		after.Next = s.next
	}
	if !isThere {
		after.Body = nil // it was dropped
	}
	if edited {
		after.Body, after.BodyOnly, after.Parked, after.Next, after.Attempts = letter.Body, false, false, time.Time{}, 0
	}
	due := max(after.Next.UnixMilli(), 0)
	_, err = letters.CreateOrReplace(ctx, id, storedLetter{after, due}, ofRun)
	return err
}

// asLetter returns the letter of what is owed, after one more attempt.
func (e *owed) asLetter(history []Attempt, at Attempt) Letter {
	l := Letter{
		Index: e.place.index, Collection: e.place.collection, Document: e.id, Attempts: e.attempts, Created: e.created && !e.whole,
		Deleted: e.gone, Silent: !e.loud, Sequence: e.last, Made: e.at, Body: e.body, BodyOnly: e.bodyOnly,
	}
	if !e.whole {
		l.Paths = e.paths
	}
	if l.History = append(history, at); len(l.History) > maxHistory {
		l.History = l.History[len(l.History)-maxHistory:]
	}
	return l
}

// owedBy returns what a letter owes.
func (l *ledger) owedBy(letter *Letter) *owed {
	e := &owed{
		key:  key{l.place(letter.Index, letter.Collection), letter.Document},
		last: letter.Sequence, at: letter.Made, paths: letter.Paths, created: letter.Created, gone: letter.Deleted,
		loud: !letter.Silent, letter: true, attempts: letter.Attempts, body: letter.Body, bodyOnly: letter.BodyOnly,
	}
	e.whole = len(letter.Paths) == 0 && !e.created && !e.bodyOnly
	return e
}
