package main

import (
	"slices"
	"strconv"
)

// The documents that the workloads query-… ask for: orders with two fields more, in front. A buyer has ten orders, far
// apart in the order in which they were written. The numbers of the orders are those from 0 up, each once, in an order
// that has nothing to do with that of the ids or of writing.

const (
	ordersOfBuyer = 10 // so a store has ten documents for each buyer of its shape

	// numberStride is a prime number that divides no number of documents.
	numberStride = 7_368_787
)

// buyerOf returns the buyer of document i.
func (s shape) buyerOf(i int) string { return buyerName(i % s.Buyers) }

func buyerName(n int) string { return "b" + string(appendSeed(nil, uint64(n))) }

// numberOf returns the order number of document i.
func (s shape) numberOf(i int) int { return i * numberStride % (s.Buyers * ordersOfBuyer) }

// appendAsked appends document i as appendDocument does.
func (s shape) appendAsked(dst []byte, i int, seed uint64) []byte {
	begin := len(dst)
	dst = append(dst, `{"buyer":"`...)
	dst = append(dst, s.buyerOf(i)...)
	dst = append(dst, `","number":`...)
	dst = strconv.AppendInt(dst, int64(s.numberOf(i)), 10)
	comma := len(dst)
	dst = appendOrder(dst, i, s.Size-(comma-begin), seed, seed, s.wide())
	dst[comma] = ',' // instead of a brace
	return dst
}

// zipOf returns the zip code of the customer of document i.
func zipOf(i int) string { return strconv.Itoa(10000 + int(mix(uint64(i))%90000)) }

// question is what a store is asked for.
type question struct {
	kind     kind
	buyer    string // kindEqual: the buyer of the documents
	from, to int    // kindRange: the first and the last number of the documents, by which they are sorted
	limit    int    // kindRange, kindPage: documents in a page
	after    string // kindRange, kindPage: what the page before has said; "" for the first page

	fromZip, toZip string // kindFilter: the bounds of the zip code, which are included
}

// The sizes of what is asked for, less where there are not so many documents.
const (
	rangeDocuments = 1000
	rangePage      = 100
	pageDocuments  = 10
	lastPage       = 10_000
	askedZips      = 900 // of 90,000: one document in a hundred
)

// question returns the n-th question of the task.
func (r *runner) question(n int) question {
	random := int(mix(uint64(n)) >> 1)
	switch r.Kind {
	case kindRange:
		from := random % (r.Documents - r.ranged() + 1)
		return question{kind: kindRange, from: from, to: from + r.ranged() - 1, limit: max(1, r.ranged()/10)}
	case kindPage:
		return question{kind: kindPage, limit: pageDocuments}
	case kindFilter:
		from := 10000 + random%(90000-askedZips)
		return question{kind: kindFilter, fromZip: strconv.Itoa(from), toZip: strconv.Itoa(from + askedZips - 1)}
	}
	return question{kind: kindEqual, buyer: buyerName(random % r.Shape.Buyers)}
}

// ranged is how many documents a range has.
func (r *runner) ranged() int { return min(rangeDocuments, r.Documents/10) }

// expected returns the documents that answer a question: those of a range and of a page in their order.
func (r *runner) expected(q question) (docs []int) {
	for i := range r.Documents {
		if r.Shape.matches(q, i) {
			docs = append(docs, i)
		}
	}
	if q.kind == kindRange || q.kind == kindPage {
		slices.SortFunc(docs, func(a, b int) int { return r.Shape.numberOf(a) - r.Shape.numberOf(b) })
	}
	if q.kind == kindPage {
		docs = docs[(r.Page-1)*q.limit:][:q.limit]
	}
	return docs
}

// matches says whether document i is among those that a question asks for, on any page.
func (s shape) matches(q question, i int) bool {
	switch q.kind {
	case kindRange:
		n := s.numberOf(i)
		return q.from <= n && n <= q.to
	case kindFilter:
		zip := zipOf(i)
		return q.fromZip <= zip && zip <= q.toZip
	case kindEqual:
		return s.buyerOf(i) == q.buyer
	}
	return true
}
