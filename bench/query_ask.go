package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Asking questions, and looking at the answers.

// querier is a store that can be asked for documents by their fields.
type querier interface {
	store

	// index makes an index on a field, or on several, joined by commas, if there is none, and returns when the index is on disk.
	index(field string) error

	// unindex drops the index on a field.
	unindex(field string) error

	// checkIndexes says what is wrong with the indexes.
	checkIndexes() error

	// ask calls fn with the documents that answer a question, of a range or a page in their order. The bytes are fn's to
	// keep. next is the after of the next page.
	ask(q question, fn func(id string, doc []byte)) (next string, err error)
}

// makeIndexes makes the indexes of the task.
func (r *runner) makeIndexes() error {
	for _, field := range r.Indexes {
		if err := r.store.(querier).index(field); err != nil {
			return fmt.Errorf("make an index on %s: %w", field, err)
		}
	}
	return nil
}

// asks says whether the task asks questions.
func (r *runner) asks() bool {
	switch r.Kind {
	case kindEqual, kindRange, kindFilter, kindPage, kindIndex:
		return true
	}
	return false
}

// asker asks one question after the other.
type asker struct {
	r     *runner
	asked int
	next  question
	start string // kindPage: where the page begins
	found int    // documents
}

// newAsker returns one that knows where its page begins: as a reader does, the first one goes there page by page.
func (r *runner) newAsker() (*asker, error) {
	a := &asker{r: r, start: r.pageAfter}
	if r.Kind != kindPage || a.start != "" {
		return a, nil
	}
	q := r.question(0)
	for page := 1; page < r.Page; page++ {
		next, err := r.store.(querier).ask(q, func(string, []byte) {})
		if err == nil && next == "" {
			err = errors.New("there is no page more")
		}
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", page, err)
		}
		q.after = next
	}
	a.start, r.pageAfter = q.after, q.after
	return a, nil
}

func (a *asker) prepare() {
	a.next = a.r.question(a.asked)
	a.next.after = a.start
	a.asked++
}

func (a *asker) call() error {
	var found, size int
	err := a.answer(func(_ string, doc []byte) {
		found++
		size += len(doc)
	})
	a.found += found
	if err == nil && (!a.mayBe(found) || size != found*a.r.Shape.Size) {
		err = fmt.Errorf("%d documents of %d bytes answer %+v", found, size, a.next)
	}
	return err
}

// mayBe says whether a question may have so many answers. How many a filter has is known to the checks only.
func (a *asker) mayBe(found int) bool {
	switch a.next.kind {
	case kindEqual:
		return found == ordersOfBuyer
	case kindRange:
		return found == a.r.ranged()
	case kindPage:
		return found == a.next.limit
	}
	return true
}

// answer calls fn with all answers to the next question; those of a range come page by page.
func (a *asker) answer(fn func(id string, doc []byte)) error {
	q, store := a.next, a.r.store.(querier)
	for range max(1, a.pages()) {
		next, err := store.ask(q, fn)
		if err != nil {
			return err
		}
		q.after = next
	}
	return nil
}

// pages is in how many pages a range comes.
func (a *asker) pages() int {
	if a.next.kind != kindRange {
		return 1
	}
	return (a.r.ranged() + a.next.limit - 1) / a.next.limit
}

// queryRound asks questions, or builds indexes, until the time is over.
func (r *runner) queryRound() (s sample, l latencies, err error) {
	if r.Kind == kindIndex {
		s, l, err = r.sole(&indexer{r: r}, 1, r.Target)
		s.Documents = s.Calls * r.Documents
		return s, l, err
	}
	a, err := r.newAsker()
	if err != nil {
		return s, nil, err
	}
	s, l, err = r.sole(a, 1, r.Target)
	if s.Documents = a.found; r.Kind == kindFilter { // what counts is how many it looks at
		s.Documents = s.Calls * r.Documents
	}
	return s, l, err
}

// indexer builds an index on the first field of the task's again and again.
type indexer struct {
	r   *runner
	err error
}

// prepare drops the index, and opens the store anew, so that the builder pays for nothing but its own work.
func (c *indexer) prepare() {
	r := c.r
	if c.err = r.store.(querier).unindex(r.Indexes[0]); c.err != nil {
		return
	}
	if c.err = r.store.close(); c.err == nil {
		r.store, c.err = r.contender.start(r.Dir, false)
	}
}

func (c *indexer) call() error {
	if c.err != nil {
		return c.err
	}
	return c.r.store.(querier).index(c.r.Indexes[0])
}

// checkedQuestions is how many questions are asked of which the answers are compared.
const checkedQuestions = 20

// checkQueries compares answers, and all indexes, with what they must be.
func (r *runner) checkQueries() error {
	if len(r.Indexes) > 0 {
		if err := r.store.(querier).checkIndexes(); err != nil {
			return fmt.Errorf("indexes: %w", err)
		}
	}
	if !r.asks() {
		return nil
	}
	a, err := r.newAsker()
	if err != nil {
		return err
	}
	for range checkedQuestions {
		a.prepare()
		if err := r.checkAnswers(a); err != nil {
			return fmt.Errorf("question %+v: %w", a.next, err)
		}
	}
	return nil
}

// found is a document in an answer.
type found struct {
	id  string
	doc []byte
}

// checkAnswers compares all answers to the next question with what they must be.
func (r *runner) checkAnswers(a *asker) error {
	var have, want []found
	if err := a.answer(func(id string, doc []byte) { have = append(have, found{id, doc}) }); err != nil {
		return err
	}
	for _, i := range r.expected(a.next) {
		want = append(want, found{string(appendID(nil, i)), r.Shape.appendDocument(nil, i, 0)})
	}
	if a.next.kind == kindEqual || a.next.kind == kindFilter { // nobody asked for an order
		byID := func(a, b found) int { return bytes.Compare([]byte(a.id), []byte(b.id)) }
		slices.SortFunc(have, byID)
		slices.SortFunc(want, byID)
	}
	if len(have) != len(want) {
		return fmt.Errorf("%d documents, must be %d", len(have), len(want))
	}
	for n := range want {
		if have[n].id != want[n].id || !bytes.Equal(have[n].doc, want[n].doc) {
			return fmt.Errorf("document %d of the answer is %s, and must be %s:\n%s", n, have[n].id, want[n].id, have[n].doc)
		}
	}
	return nil
}
