// Package push does what an outbox asks of a store that is exact: each batch once, in one transaction with a receipt that
// says so. It has the batch as it travels to a Kuzzlite over HTTP, too. Package upstream is the one side of that, and the
// controller kuzzlite of the server the other.
package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/kuzzlite/kuzzlite"
)

// Receipts is the name of a collection of receipts: a document for each outbox.
const Receipts = "receipts"

// The actions that do it over HTTP, and their controller.
const (
	Controller    = "kuzzlite"
	ActionPush    = "push"    // body: a Batch; result: an Answer
	ActionReceipt = "receipt" // body: an Asked; result: a Receipt, null if there is none
)

// Kind is what a write does. It travels as text.
type Kind uint8

// The kinds, in the order of those of package upstream.
const (
	Merge Kind = iota + 1
	Update
	Replace
	Delete
	CreateCollection
	Truncate
	DeleteCollection
)

var kinds = []string{
	Merge: "merge", Update: "update", Replace: "replace", Delete: "delete", CreateCollection: "createCollection",
	Truncate: "truncate", DeleteCollection: "deleteCollection",
}

// MarshalText returns the name of a kind. One that is unknown has none.
func (k Kind) MarshalText() ([]byte, error) {
	if k == 0 || int(k) >= len(kinds) {
		return nil, fmt.Errorf("unknown kind of write %d", k)
	}
	return []byte(kinds[k]), nil
}

// UnmarshalText reads the name of a kind.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kinds, string(text))
	if i < int(Merge) {
		return fmt.Errorf("unknown kind of write %q, it must be one of %q", text, kinds[Merge:])
	}
	*k = Kind(i)
	return nil
}

// Write is what is to become of a document, or of a collection: see upstream.Write.
type Write struct {
	Index      string          `json:"index"`
	Collection string          `json:"collection"`
	ID         string          `json:"id,omitempty"`
	Kind       Kind            `json:"kind"`
	Body       json.RawMessage `json:"body,omitempty"`
	Remove     []string        `json:"remove,omitempty"`
	Silent     bool            `json:"silent,omitempty"`
	IfVersion  *uint64         `json:"ifVersion,omitempty"`
	Sequence   uint64          `json:"sequence"`
	Time       int64           `json:"time"`
}

// Removes says whether fields go behind a merge.
func (w *Write) Removes() bool { return len(w.Remove) > 0 && (w.Kind == Merge || w.Kind == Update) }

// Batch is writes that are asked for together: see upstream.Batch.
type Batch struct {
	Outbox string  `json:"outbox"`
	Number uint64  `json:"number"`
	Writes []Write `json:"writes"`
}

// Outcome is what became of a write: see upstream.Outcome.
type Outcome struct {
	Status  int    `json:"status"`
	Version uint64 `json:"version,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Item is what a receipt has of a write: see upstream.Item.
type Item struct {
	Index      string  `json:"index"`
	Collection string  `json:"collection"`
	ID         string  `json:"id,omitempty"`
	Sequence   uint64  `json:"sequence"`
	Time       int64   `json:"time"`
	Outcome    Outcome `json:"outcome"`
}

// Receipt is what a store remembers of the last batch of an outbox: see upstream.Receipt.
type Receipt struct {
	Number uint64 `json:"number"`
	Items  []Item `json:"items"`
}

// Asked names the outbox whose receipt is asked for.
type Asked struct {
	Outbox string `json:"outbox"`
}

// Answer is what a server answers to a batch: an outcome for each write, or why the batch is stale.
type Answer struct {
	Outcomes []Outcome `json:"outcomes"`
	Stale    string    `json:"stale,omitempty"`
}

// ErrStale is the error of a batch in whose place another one was done: a later one, or one with the same number that a
// copy of the store has sent.
var ErrStale = errors.New("another batch of this outbox is done")

// ErrReceipt is the error of a receipt that cannot be read.
var ErrReceipt = errors.New("the receipt cannot be read")

// Read returns the receipt with an id, nil if there is none.
func Read(ctx context.Context, receipts *kuzzlite.Collection, id string) (*Receipt, error) {
	d, err := receipts.Get(ctx, id)
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &Receipt{}
	if err := json.Unmarshal(d.Source, r); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrReceipt, d.ID, err)
	}
	return r, nil
}

// Do does a batch, unless the receipt with an id says that it is done: then it returns what became of it then. write does
// one write; its error fails the batch. receipts is a collection of the transaction in which all of that is. A batch all of
// which is denied (403) leaves no receipt: asked again it is tried again.
func Do(ctx context.Context, receipts *kuzzlite.Collection, id string, b *Batch,
	write func(*Write) (Outcome, error)) ([]Outcome, error) {
	last, err := Read(ctx, receipts, id)
	if err != nil {
		return nil, err
	}
	if last != nil && b.Number <= last.Number {
		return last.again(b)
	}
	r := Receipt{Number: b.Number}
	var outcomes []Outcome
	denied := true
	for i := range b.Writes {
		w := &b.Writes[i]
		out, err := write(w)
		if err != nil {
			return nil, err
		}
		outcomes, denied = append(outcomes, out), denied && out.Status == http.StatusForbidden
		r.Items = append(r.Items, Item{w.Index, w.Collection, w.ID, w.Sequence, w.Time, out})
	}
	if denied {
		return outcomes, nil
	}
	_, err = receipts.CreateOrReplace(ctx, id, r, &kuzzlite.WriteOptions{LocalOnly: true, Silent: true, NoSource: true})
	return outcomes, err
}

// again returns what became of a batch that is not newer than the receipt.
func (r *Receipt) again(b *Batch) ([]Outcome, error) {
	if b.Number < r.Number {
		return nil, fmt.Errorf("%w: batch %d was asked, and batch %d is done", ErrStale, b.Number, r.Number)
	}
	if !slices.EqualFunc(b.Writes, r.Items, isOf) {
		return nil, fmt.Errorf("%w: a batch %d with other writes", ErrStale, b.Number)
	}
	outcomes := make([]Outcome, len(r.Items))
	for i := range r.Items {
		outcomes[i] = r.Items[i].Outcome
	}
	return outcomes, nil
}

// isOf says whether an item of a receipt is that of a write.
func isOf(w Write, it Item) bool {
	return w.Index == it.Index && w.Collection == it.Collection && w.ID == it.ID && w.Sequence == it.Sequence &&
		w.Time == it.Time
}
