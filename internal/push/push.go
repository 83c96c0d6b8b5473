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

	"github.com/tidwall/gjson"

	"github.com/kuzzlite/kuzzlite"
)

// Receipts is the name of a collection of receipts: two documents for each outbox, of its last two batches, so that who asks
// need not have written down what became of one batch before the next is asked for.
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

// Receipt is what a store remembers of the last batches of an outbox: see upstream.Receipt.
type Receipt struct {
	Number  uint64 `json:"number"`
	Items   []Item `json:"items"`
	Earlier []Item `json:"earlier,omitempty"` // of the batch before
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
	last, before, err := stored(ctx, receipts, id)
	if last == nil || err != nil {
		return nil, err
	}
	r, err := last.receipt()
	if err == nil && before != nil && before.number == r.Number-1 {
		var earlier *Receipt
		if earlier, err = before.receipt(); err == nil {
			r.Earlier = earlier.Items
		}
	}
	return r, err
}

// storedReceipt is a receipt of one batch, as it is stored.
type storedReceipt struct {
	kuzzlite.Document
	number uint64
}

// slot is the id under which a batch has its receipt.
func slot(id string, number uint64) string { return fmt.Sprintf("%s-%d", id, number%2) }

// stored returns the receipts of the last two batches, nil where there is none.
func stored(ctx context.Context, receipts *kuzzlite.Collection, id string) (last, before *storedReceipt, err error) {
	var both [2]*storedReceipt
	for n := range both {
		d, err := receipts.Get(ctx, slot(id, uint64(n)))
		if errors.Is(err, kuzzlite.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		number := gjson.GetBytes(d.Source, "number")
		if number.Type != gjson.Number {
			return nil, nil, fmt.Errorf("%w: %s has no number", ErrReceipt, d.ID)
		}
		both[n] = &storedReceipt{d, number.Uint()}
	}
	if both[0] == nil || both[1] != nil && both[1].number > both[0].number {
		return both[1], both[0], nil
	}
	return both[0], both[1], nil
}

func (s *storedReceipt) receipt() (*Receipt, error) {
	r := &Receipt{}
	if err := json.Unmarshal(s.Source, r); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrReceipt, s.ID, err)
	}
	return r, nil
}

// Do does a batch, unless the receipt with an id says that it is done: then it returns what became of it then. write does
// some writes, which are either one, or of documents and alike; its error fails the batch. receipts is a collection of the
// transaction in which all of that is. A batch all of which is denied (403) leaves no receipt: asked again it is tried
// again.
func Do(ctx context.Context, receipts *kuzzlite.Collection, id string, b *Batch,
	write func([]Write) ([]Outcome, error)) ([]Outcome, error) {
	last, _, err := stored(ctx, receipts, id)
	if err != nil {
		return nil, err
	}
	if last != nil && b.Number <= last.number {
		r, err := last.receipt()
		if err != nil {
			return nil, err
		}
		return r.again(b)
	}
	r := Receipt{Number: b.Number, Items: make([]Item, 0, len(b.Writes))}
	outcomes := make([]Outcome, 0, len(b.Writes))
	denied := true
	for rest := b.Writes; len(rest) > 0; {
		n := alike(rest)
		list, err := write(rest[:n])
		if err != nil {
			return nil, err
		}
		for i, out := range list {
			w := &rest[i]
			denied = denied && out.Status == http.StatusForbidden
			r.Items = append(r.Items, Item{w.Index, w.Collection, w.ID, w.Sequence, w.Time, out})
		}
		outcomes, rest = append(outcomes, list...), rest[n:]
	}
	if denied {
		return outcomes, nil
	}
	_, err = receipts.CreateOrReplace(ctx, slot(id, b.Number), r, &kuzzlite.WriteOptions{
		LocalOnly: true, Silent: true, NoSource: true,
	})
	return outcomes, err
}

// alike returns how many writes at the beginning can be made by one call.
func alike(writes []Write) int {
	first := &writes[0]
	n := 1
	for n < len(writes) && first.isPlain() && writes[n].isPlain() && writes[n].Kind == first.Kind &&
		writes[n].Index == first.Index && writes[n].Collection == first.Collection && writes[n].Silent == first.Silent {
		n++
	}
	return n
}

// isPlain says whether a write is of a document, depends on nothing, and takes one step.
func (w *Write) isPlain() bool {
	return w.Kind < CreateCollection && w.IfVersion == nil && !w.Removes()
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
