package main

import (
	"context"
	"strconv"
)

// Kuzzlite, counting in the ways that an older one does not have, or has no caller for: see kuzzlite_counter.go.

func init() {
	kuzzlites = append(kuzzlites,
		counterContender("kuzzlite-modify", "as kuzzlite-mutate, by Modify, which cannot conflict", (*counters).modifyFirst),
		counterContender("kuzzlite-modify-own", "as kuzzlite-modify, each caller in a document of its own",
			(*counters).modifyOwn),
		counterContender("kuzzlite-update-own",
			"as kuzzlite-modify-own, by Update: each caller knows the number in its document and does not read it",
			(*counters).updateOwn),
	)
}

func counterContender(name, settings string, add adder) contender {
	return contender{
		name: name, settings: settings, limit: true,
		open: func(dir string) (store, error) { return openCounters(dir, add) },
	}
}

func (c *counters) modifyFirst([]item) (doc int, err error) {
	_, err = c.col.Modify(context.Background(), counterID(0), plusOne)
	return 0, err
}

func (c *counters) modifyOwn(items []item) (doc int, err error) {
	if doc, err = callerOf(items); err == nil {
		_, err = c.col.Modify(context.Background(), counterID(doc), plusOne)
	}
	return doc, err
}

func (c *counters) updateOwn(items []item) (doc int, err error) {
	if doc, err = callerOf(items); err == nil {
		_, err = c.col.Update(context.Background(), counterID(doc), counted(c.added[doc].Load()+1))
	}
	return doc, err
}

// callerOf is the number of the caller who makes a call of a limit: see runner.callers.
func callerOf(items []item) (int, error) { return strconv.Atoi(items[0].id) }
