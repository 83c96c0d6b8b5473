package kuzzlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/topk"
)

// Hits of a group that are shown with its first one. Those of all groups of a page are found in one more pass over what
// the query finds.

// expansion is what is shown of the groups of a page.
type expansion struct {
	grouper filter.Grouper
	post    *filter.Filter // which documents are hits; nil: all
	scorer  filter.Scorer  // nil: all scores are 0
	inner   filter.Inner   // nil: no nested objects are shown

	shown  []filter.GroupHits
	groups []string // of the hits of the page
	kept   []*topk.Expansion[groupHit]
	group  []byte // of the document at hand
	size   int    // of what is shown, in bytes
}

// groupHit is a hit of a group, whose document is read in the end.
type groupHit struct {
	id    string
	score float32
}

// find finds the hits of the groups of a page. A MinScore, and a Sort with its After, are of the page alone
// (Elasticsearch).
func (x *expansion) find(ctx context.Context, c *Collection, r *SearchRequest, env filter.Env, hits []Hit) error {
	for i := range hits {
		if err := x.at(&hits[i].Document); err != nil {
			return err
		}
		x.groups = append(x.groups, string(x.group))
	}
	env.Search = &filter.Hits{}
	var err error
	if x.shown, err = r.Collapse.GroupHits(len(hits), r.Query, env); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	for i := range x.shown {
		of := &x.shown[i]
		x.kept = append(x.kept, topk.NewExpansion[groupHit](of.From+of.Size, of.Groups != nil, x.groups))
	}
	for doc, err := range c.Find(ctx, r.Query, r.findOptions()) {
		if err == nil {
			err = x.take(&doc)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// at sets the group at hand to that of a document.
func (x *expansion) at(doc *Document) (err error) {
	x.group, err = appendGroup(x.group[:0], x.grouper, doc)
	return err
}

// appendGroup appends the group of a document.
func appendGroup(dst []byte, g filter.Grouper, doc *Document) ([]byte, error) {
	group, err := g.AppendGroup(dst, doc.Source)
	if err != nil {
		return dst, fmt.Errorf("%w: document %q: %w", ErrInvalid, doc.ID, err)
	}
	return group, nil
}

// take takes in a document that the query finds.
func (x *expansion) take(doc *Document) error {
	if err := x.at(doc); err != nil || !x.kept[0].Has(x.group) {
		return err
	}
	if x.post != nil && !x.post.Match(doc.ID, doc.Source) {
		return nil
	}
	one, isHit := groupHit{id: doc.ID}, true
	var err error
	if x.scorer != nil {
		if one.score, isHit, err = x.scorer.Score(doc.ID, doc.Source); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if !isHit {
		return nil
	}
	for i := range x.shown {
		of, inner := &x.shown[i], []byte(nil)
		if of.Groups != nil {
			if inner, err = appendGroup(nil, of.Groups, doc); err != nil {
				return err
			}
		}
		key := of.AppendKey(nil, one.score, doc.ID, doc.Source)
		newestFirst := of.Order != nil && of.Order.ByWritten && of.Order.Descending
		x.kept[i].Offer(x.group, inner, filter.AppendWritten(key, doc.Sequence, newestFirst), one)
	}
	return nil
}

// of returns what is shown of the group of a hit, by its number on the page. The documents are read, and those that have
// expired meanwhile are left out.
func (x *expansion) of(ctx context.Context, c *Collection, hit int) ([]shownGroup, error) {
	if x == nil {
		return nil, nil
	}
	groups := make([]shownGroup, len(x.shown))
	for i := range groups {
		of := &x.shown[i]
		list, total := x.kept[i].Of(x.groups[hit])
		groups[i] = shownGroup{name: of.Name, total: total}
		for some := range slices.Chunk(list[min(of.From, len(list)):], chunkDocuments) {
			var err error
			if groups[i].hits, err = x.read(ctx, c, of, some, groups[i].hits); err != nil {
				return nil, err
			}
		}
	}
	return groups, nil
}

// read appends hits of a group, with their documents.
func (x *expansion) read(
	ctx context.Context, c *Collection, of *filter.GroupHits, list []groupHit, hits []Hit,
) ([]Hit, error) {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].id
	}
	found, err := c.MGet(ctx, ids)
	if err != nil {
		return nil, err
	}
	docs := found.Successes
	for _, one := range list {
		if len(docs) == 0 || docs[0].ID != one.id {
			continue
		}
		if err := ctx.Err(); err != nil { // highlights may take long
			return nil, err
		}
		h, err := x.hit(of, &docs[0], one.score)
		if err != nil {
			return nil, err
		}
		hits, docs = append(hits, h), docs[1:]
		x.size += len(h.Document.Source) + len(h.InnerHits) + len(h.Highlight) + len(h.Fields)
		if x.size > maxSorted {
			return nil, fmt.Errorf("%w: what the search shows of groups is more than %d bytes: ask for fewer inner_hits, or less "+
				"of each", ErrTooLarge, maxSorted)
		}
	}
	return hits, nil
}

// hit returns a hit of a group as it is shown.
func (x *expansion) hit(of *filter.GroupHits, doc *Document, score float32) (h Hit, err error) {
	h = Hit{Document: *doc}
	if of.Scored {
		h.Score, h.Scored = score, true
	}
	if err := addInner(&h, x.inner, nil); err != nil {
		return h, err
	}
	if of.Fetcher != nil {
		h.Fields = of.Fetcher.Fields(doc.Source)
	}
	if of.Highlighter != nil {
		if h.Highlight, err = of.Highlighter.Highlight(doc.ID, doc.Source); err != nil {
			return h, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if of.Sorted {
		h.Sort = sortValues(of.Order, score, doc)
	}
	if of.Source.Nothing {
		h.Document.Source = nil
	} else {
		h.Document.Source = of.Source.Append(nil, doc.Source)
	}
	return h, nil
}
