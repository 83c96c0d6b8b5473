package library

import "github.com/kuzzlite/kuzzlite/internal/wire"

// Searches, which come as their body.

func search(c *call) outcome {
	r, err := c.Search.Library()
	if err != nil {
		return outcome{err: err}
	}
	found, err := c.collection().Search(c.ctx, r)
	if err != nil {
		return outcome{err: err}
	}
	head, values := wire.SearchResultOf(found)
	return outcome{value: head, values: values}
}

// searchAll sends hits as they come.
func searchAll(c *call, out *sender) outcome {
	r, err := c.Search.Library()
	if err != nil {
		return outcome{err: err}
	}
	for hit, err := range c.collection().SearchAll(c.ctx, r) {
		if err == nil {
			head, values := wire.HitOf(&hit)
			err = out.message(wire.FrameItem, head, values...)
		}
		if err != nil {
			return outcome{err: err}
		}
	}
	return outcome{}
}
