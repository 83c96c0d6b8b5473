package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/tidwall/gjson"
)

// caller makes one call after the other.
type caller interface {
	prepare()    // makes the data of the next call, outside its time
	call() error // is measured
}

// updater updates the documents that its stream draws.
type updater struct {
	r      *runner
	stream *stream
	made   *maker
}

func (u *updater) prepare() {
	u.made.reset()
	u.stream.next(func(_, doc int, seed uint64) { u.made.update(doc, seed) })
}

func (u *updater) call() error { return u.r.store.upsert(u.made.items(), ignore) }

// syncer makes calls that hold nothing, to measure what the disk alone would take, or who makes all of a call himself.
type syncer struct {
	store store
	items []item // as many as a call would have, all empty, but for the first id: the number of the caller
}

func (s syncer) prepare()    {}
func (s syncer) call() error { return s.store.upsert(s.items, ignore) }

// creator creates documents whose ids are new.
type creator struct {
	r    *runner
	made *maker
}

func (c *creator) prepare() {
	c.made.reset()
	for n := range c.r.Batch {
		c.made.creation(c.r.Documents+c.r.created+n, 0)
	}
}

func (c *creator) call() error {
	err := c.r.store.upsert(c.made.items(), ignore)
	if err == nil {
		c.r.created += c.r.Batch
	}
	return err
}

// reader reads one document after the other.
type reader struct {
	r    *runner
	next int
}

func (c *reader) prepare() { c.next++ }

func (c *reader) call() error {
	doc, _, err := c.r.store.get(c.r.ids[c.next%len(c.r.ids)])
	if err == nil && len(doc) != c.r.Shape.Size {
		err = errors.New("read a document that is not whole")
	}
	return err
}

// mixer reads four times and updates once, in no order.
type mixer struct {
	reader  reader
	updater updater
	drawn   uint64
	writes  bool
}

func (m *mixer) prepare() {
	m.drawn++
	if m.writes = mix(m.drawn<<8+uint64(m.updater.stream.caller))%5 == 0; m.writes {
		m.updater.prepare()
	} else {
		m.reader.prepare()
	}
}

func (m *mixer) call() error {
	if m.writes {
		return m.updater.call()
	}
	return m.reader.call()
}

// scanner lists all documents.
type scanner struct{ r *runner }

func (c scanner) prepare() {}

func (c scanner) call() error {
	var n, size int
	err := c.r.store.scan(func(_ []byte, _ uint64, doc []byte) error {
		n++
		size += len(doc)
		return nil
	})
	if err == nil && (n != c.r.Documents || size != n*c.r.Shape.Size) {
		err = fmt.Errorf("a scan saw %d documents of %d bytes", n, size)
	}
	return err
}

// hotDocuments are those that all callers of mutate compete for.
const hotDocuments = 4

// mutator adds one to a number in one of the hot documents.
type mutator struct {
	r      *runner
	caller int
	drawn  int
	doc    int
	ids    [hotDocuments]string
	buf    []byte
	counts [hotDocuments]uint64 // what it was told is written
}

func newMutator(r *runner, caller int) *mutator {
	m := &mutator{r: r, caller: caller}
	for doc := range m.ids {
		m.ids[doc] = string(appendID(nil, doc))
	}
	return m
}

func (m *mutator) prepare() {
	m.doc = int(mix(uint64(m.caller)<<32+uint64(m.drawn)) % hotDocuments)
	m.drawn++
}

func (m *mutator) call() error {
	id := m.ids[m.doc]
	err := m.r.store.mutate(id, []byte(id), func(doc []byte) ([]byte, error) {
		total := gjson.GetBytes(doc, "total")
		if total.Type != gjson.Number {
			return nil, errors.New("the document has no number")
		}
		m.buf = append(m.buf[:0], `{"total":`...)
		m.buf = strconv.AppendFloat(m.buf, total.Num+1, 'f', 2, 64)
		m.buf = append(m.buf, '}')
		return m.buf, nil
	})
	if err == nil {
		m.counts[m.doc]++
	}
	return err
}

// churner deletes documents, creates them again, and updates others, in turn.
type churner struct {
	r    *runner
	made *maker
	step int
	docs []int // of the last deletion
	ids  []string
	seed []uint64
}

// The steps of a churner. A round ends after the last one, so that no document is missing.
const (
	churnDelete = iota
	churnCreate
	churnUpdate
	churnSteps
)

// churnDraws is how many batches the steps draw: documents are created with the seeds with which they were deleted.
const churnDraws = 2

func (c *churner) prepare() {
	c.made.reset()
	s := c.r.streams[0]
	switch c.step {
	case churnDelete:
		c.docs, c.ids, c.seed = c.docs[:0], c.ids[:0], c.seed[:0]
		s.next(func(_, doc int, seed uint64) {
			c.docs, c.seed = append(c.docs, doc), append(c.seed, seed)
			c.ids = append(c.ids, string(appendID(nil, doc)))
		})
	case churnCreate:
		for n, doc := range c.docs {
			c.made.creation(doc, c.seed[n])
		}
	case churnUpdate:
		s.next(func(_, doc int, seed uint64) { c.made.update(doc, seed) })
	}
}

func (c *churner) call() error {
	step := c.step
	c.step = (c.step + 1) % churnSteps
	if step == churnDelete {
		return c.r.store.remove(c.ids)
	}
	return c.r.store.upsert(c.made.items(), ignore)
}
