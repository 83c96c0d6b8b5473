package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
)

// What is confirmed out of order. The consumer's place says up to which change all is confirmed. What is confirmed
// behind that, while something older still waits, is written down beside it, in the same transaction: so that nothing
// that was confirmed is sent again after a restart.

// confirmation is what one request has brought to its end.
type confirmation struct {
	id    string // of the document in which it is kept; "" if it need not be
	until uint64 // the largest sequence in it: the place has come so far once it is not needed any more
	items []confirmedItem
}

// confirmedItem says up to which sequence a document is confirmed; a collection, if the id is empty.
type confirmedItem struct {
	Index      string `json:"index"`
	Collection string `json:"collection"`
	ID         string `json:"id,omitempty"`
	Sequence   uint64 `json:"sequence"`
}

// add notes that a document, or a collection, is confirmed up to a sequence.
func (c *confirmation) add(p *place, id string, sequence uint64) {
	c.items = append(c.items, confirmedItem{p.index, p.collection, id, sequence})
	c.until = max(c.until, sequence)
}

// confirmations is the collection in which they are kept.
func (o *Outbox) confirmations() *kuzzlite.Collection {
	return o.store.Collection(o.opts.Index, o.opts.Name+confirmedSuffix)
}

// remember reads what was confirmed out of order.
func (r *run) remember(ctx context.Context) error {
	r.had, r.confirmations = map[key]uint64{}, nil
	for d, err := range r.o.confirmations().All(ctx) {
		if err != nil {
			return err
		}
		var kept struct {
			Items []confirmedItem `json:"items"`
		}
		if err := json.Unmarshal(d.Source, &kept); err != nil {
			return fmt.Errorf("%w: document %s of %s/%s%s: %w", kuzzlite.ErrCorrupt, d.ID, r.o.opts.Index, r.o.opts.Name,
				confirmedSuffix, err)
		}
		c := confirmation{id: d.ID}
		for _, it := range kept.Items {
			c.until = max(c.until, it.Sequence)
			r.knowOf(it.Index, it.Collection, it.ID, it.Sequence)
		}
		r.confirmations = append(r.confirmations, c)
		if n, err := strconv.ParseUint(d.ID, 10, 64); err == nil {
			r.lastConfirmation = max(r.lastConfirmation, n)
		}
	}
	return nil
}

// knowOf notes that changes up to a sequence need not be taken.
func (r *run) knowOf(index, collection, id string, sequence uint64) {
	k := key{r.ledger.place(index, collection), id}
	r.had[k] = max(r.had[k], sequence)
	r.hadTo = max(r.hadTo, sequence)
}

// settle makes durable, in one transaction, what has come to its end: letters, what is confirmed, and how far all is.
func (r *run) settle(ctx context.Context, letters []settled, done *confirmation) error {
	to := max(r.confirmed(), r.acked)
	var over []confirmation
	kept := r.confirmations[:0:0]
	for _, c := range r.confirmations {
		if c.until <= to {
			over = append(over, c)
		} else {
			kept = append(kept, c)
		}
	}
	if done != nil && done.until > to {
		r.lastConfirmation++
		done.id = fmt.Sprintf("%020d", r.lastConfirmation)
		kept = append(kept, *done)
	}
	if err := r.o.settle(ctx, letters, done, over, r.acked, to); err != nil {
		return err
	}
	r.confirmations, r.acked = kept, to
	return nil
}

// settle writes what has come to its end. errSetBack if the consumer is not at the sequence from.
func (o *Outbox) settle(
	ctx context.Context, letters []settled, done *confirmation, over []confirmation, from, to uint64,
) error {
	return o.store.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		place, err := tx.Consumer(o.consumer.Name()).State(ctx)
		if errors.Is(err, kuzzlite.ErrNotFound) || err == nil && place.Sequence != from {
			return errSetBack
		}
		if err != nil {
			return err
		}
		for _, s := range letters {
			if err := o.putLetter(ctx, tx, s); err != nil {
				return err
			}
		}
		c := tx.Collection(o.opts.Index, o.opts.Name+confirmedSuffix)
		if done != nil && done.id != "" {
			_, err := c.CreateOrReplace(ctx, done.id, map[string]any{"items": done.items}, local)
			if err != nil {
				return err
			}
		}
		ids := make([]string, len(over))
		for i := range over {
			ids[i] = over[i].id
		}
		if len(ids) > 0 {
			if _, err := c.MDelete(ctx, ids, local); err != nil {
				return err
			}
		}
		return tx.Consumer(o.consumer.Name()).Ack(ctx, to)
	})
}
