package kuzzlite

import (
	"fmt"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// What a hit has beside its document, whether it is on the page of a search or shown with another one of its group.

// addInner gives a hit what is shown with it: hits of its group, and nested objects.
func addInner(h *Hit, inner filter.Inner, groups []shownGroup) error {
	var nested []filter.InnerHits
	if inner != nil {
		var err error
		if nested, err = inner.Of(h.Document.ID, h.Document.Source); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if inner != nil || len(groups) > 0 {
		h.InnerHits = appendInner(nil, groups, nested)
	}
	return nil
}

// sortValues returns the values by which a hit is ordered.
func sortValues(o *filter.Order, score float32, doc *Document) []byte {
	values := o.AppendValues(nil, score, doc.ID, doc.Source)
	if !o.ByWritten {
		return values
	}
	if values = values[:len(values)-1]; len(values) > 1 {
		values = append(values, ',')
	}
	return append(strconv.AppendUint(values, doc.Sequence, 10), ']')
}
