package command

import (
	"context"
	"errors"
	"io"
	"math"
)

// A batch is a run of items that are written by one call. The next one is read while one is written, and not more
// than that: reading takes two batches of memory, however long the input is.
type batch struct {
	json  []byte // "[item,item,…", without the bracket at the end
	spans []span // of the items in json
	bad   []*badItem
	odd   []oddKey // of the items: see ignoredKeys

	mark progressMark // where the input stands after the batch
	err  error        // why there is nothing more to read, nil if there may be
}

// progressMark is how much of an input has been read.
type progressMark struct {
	line  int // complete lines
	items int
}

// span is where an item is in the JSON of its batch, and where it was in the input.
type span struct {
	start, end int
	place      place
}

// limits bound a batch: whichever is reached first ends it.
type limits struct{ items, bytes int }

const (
	defaultBatchItems = 1000
	maxBatchBytes     = 8 << 20
)

// unlimited makes the whole input one batch.
var unlimited = limits{math.MaxInt, math.MaxInt}

// add takes in an item that has been checked to be one value.
func (b *batch) add(item []byte, at place) {
	if len(b.spans) == 0 {
		b.json = append(b.json[:0], '[')
	} else {
		b.json = append(b.json, ',')
	}
	start := len(b.json)
	b.json = append(b.json, item...)
	b.spans = append(b.spans, span{start, len(b.json), at})
}

// array returns the items as a JSON array, valid until the next add.
func (b *batch) array() []byte {
	if len(b.spans) == 0 {
		return []byte("[]")
	}
	b.json = append(b.json, ']')
	array := b.json
	b.json = b.json[:len(b.json)-1]
	return array
}

// dropInvalid moves the items for which the library refuses the whole array to the bad ones. It returns how many there
// were.
func (b *batch) dropInvalid() int {
	return b.drop(func(i int) string { return invalidReason(b.json[b.spans[i].start:b.spans[i].end]) }, len(b.spans))
}

// drop moves the items for which there is a reason, at most so many, to the bad ones. It returns how many there were.
func (b *batch) drop(reasonFor func(i int) string, most int) int {
	if most == 0 {
		return 0
	}
	good := &batch{}
	n := len(b.bad)
	for i, s := range b.spans {
		if reason := reasonFor(i); reason != "" {
			b.bad = append(b.bad, &badItem{place: s.place, reason: reason})
		} else {
			good.add(b.json[s.start:s.end], s.place)
		}
	}
	if len(b.bad) > n {
		b.json, b.spans = good.json, good.spans
	}
	return len(b.bad) - n
}

// fill reads items until a limit or the end of the input.
func (b *batch) fill(r *itemReader, l limits) {
	for len(b.spans)+len(b.bad) < l.items && len(b.json) < l.bytes {
		item, at, err := r.next()
		var bad *badItem
		switch {
		case err == nil:
			b.add(item, at)
		case errors.As(err, &bad):
			b.bad = append(b.bad, bad)
		default:
			b.err = err
		}
		if b.err != nil {
			break
		}
	}
	b.mark = progressMark{r.line, r.items}
}

// A batchReader reads batches ahead in a goroutine. The goroutine ends with the input, or after the reader that it
// waits for returns once ctx is done: nobody waits for it then, because a read from a terminal cannot be interrupted.
type batchReader struct {
	ready chan *batch
	spare chan *batch
}

// readBatches begins to read. Each batch is looked at by the goroutine that reads, before it is handed out; look may be
// nil.
func readBatches(ctx context.Context, r *itemReader, l limits, look func(*batch)) *batchReader {
	br := &batchReader{ready: make(chan *batch), spare: make(chan *batch, 2)}
	go func() {
		defer close(br.ready)
		for {
			b := br.empty()
			b.fill(r, l)
			if look != nil {
				look(b)
			}
			select {
			case br.ready <- b:
			case <-ctx.Done():
				return
			}
			if b.err != nil {
				return
			}
		}
	}()
	return br
}

// empty returns a batch without items, on memory that is there already if possible.
func (br *batchReader) empty() *batch {
	select {
	case b := <-br.spare:
		return &batch{json: b.json[:0], spans: b.spans[:0]}
	default:
		return &batch{}
	}
}

// recycle takes back a batch that is not needed any more. A huge one is left to the garbage collector.
func (br *batchReader) recycle(b *batch) {
	if cap(b.json) > 2*maxBatchBytes {
		return
	}
	select {
	case br.spare <- b:
	default:
	}
}

// next returns the next batch. At the end of the input it returns one whose err is io.EOF, and when ctx is done the
// context's error.
func (br *batchReader) next(ctx context.Context) (*batch, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case b, ok := <-br.ready:
		if !ok {
			return &batch{err: io.EOF}, nil
		}
		return b, nil
	}
}
