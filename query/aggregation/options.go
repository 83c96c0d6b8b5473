package aggregation

import (
	"cmp"
	"fmt"
	"time"
)

// Options say how much aggregations may take. Every zero field means the default.
type Options struct {
	// Now is the "now" of date math. Default: the time of the call of Collector.
	Now time.Time

	// MaxBuckets is how many buckets an answer may have, those of sub-aggregations included. Default 65,536.
	MaxBuckets int

	// Memory is about how much memory, in bytes, the buckets and values may take while documents are collected. Default 64
	// MiB.
	Memory int
}

const (
	defaultMaxBuckets = 65_536
	defaultMemory     = 64 << 20
)

// run is what all aggregations of a collector share.
type run struct {
	now                time.Time
	maxBuckets, memory int
	buckets, used      int
	err                error // the first one
	printers           map[*node]printer
	shown              map[*node]any     // what states need to know of the fields of the first collection, by type
	terms              map[*node]termSet // of terms with min_doc_count 0: those of all documents
}

func newRun(o *Options) *run {
	if o == nil {
		o = &Options{}
	}
	r := &run{
		now: o.Now, maxBuckets: cmp.Or(o.MaxBuckets, defaultMaxBuckets), memory: cmp.Or(o.Memory, defaultMemory),
		printers: map[*node]printer{}, shown: map[*node]any{}, terms: map[*node]termSet{},
	}
	if r.now.IsZero() {
		r.now = time.Now()
	}
	return r
}

// use notes that so many bytes more are held.
func (r *run) use(bytes int) {
	if r.used += bytes; r.used > r.memory {
		r.fail(&Error{Reason: fmt.Sprintf("the aggregations need more than the %d bytes of memory that they may take "+
			"(AggregationMemory): ask for fewer buckets or values, or of fewer documents", r.memory)})
	}
}

// answered notes a bucket of the answer.
func (r *run) answered() {
	if r.buckets++; r.buckets > r.maxBuckets {
		r.fail(tooMany(r.maxBuckets, r.buckets))
	}
}

// fail notes an error, which the collector returns after the document at hand, or for the answer.
func (r *run) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
