package upstream

import "github.com/kuzzlite/kuzzlite/internal/push"

// What a batch and its receipt are to who does them: see package push.

func pushed(b *Batch) *push.Batch {
	p := &push.Batch{Outbox: b.Outbox, Number: b.Number, Writes: make([]push.Write, len(b.Writes))}
	for i := range b.Writes {
		w := &b.Writes[i]
		p.Writes[i] = push.Write{
			Index: w.Index, Collection: w.Collection, ID: w.ID, Kind: push.Kind(w.Kind), Body: w.Body, Remove: w.Remove,
			Silent: w.Silent, IfVersion: w.IfVersion, Sequence: w.Sequence, Time: w.Time,
		}
	}
	return p
}

func outcomesOf(list []push.Outcome) []Outcome {
	outcomes := make([]Outcome, len(list))
	for i, out := range list {
		outcomes[i] = Outcome(out)
	}
	return outcomes
}

// receiptOf returns nil for nil.
func receiptOf(r *push.Receipt) *Receipt {
	if r == nil {
		return nil
	}
	return &Receipt{r.Number, itemsOf(r.Items), itemsOf(r.Earlier)}
}

func itemsOf(list []push.Item) (items []Item) {
	for _, it := range list {
		items = append(items, Item{it.Index, it.Collection, it.ID, it.Sequence, it.Time, Outcome(it.Outcome)})
	}
	return items
}
