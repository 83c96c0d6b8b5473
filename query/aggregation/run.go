package aggregation

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// run is what all aggregations of a collector share.
type run struct {
	now                time.Time
	maxBuckets, memory int
	buckets, used      int
	err                error  // the first one
	turns              uint64 // that were used, see Input.valued
	printers           map[*node]printer
	shown              map[*node]any             // what states need to know of the fields of the first collection, by type
	terms              map[*node]map[string]bool // of terms with min_doc_count 0: those of all documents
}

func newRun(o *Options) *run {
	if o == nil {
		o = &Options{}
	}
	r := &run{
		now: o.Now, maxBuckets: cmp.Or(o.MaxBuckets, defaultMaxBuckets), memory: cmp.Or(o.Memory, defaultMemory),
		printers: map[*node]printer{}, shown: map[*node]any{}, terms: map[*node]map[string]bool{},
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

// shows notes how the values of an aggregation are shown. In all collections they must be of one kind.
func (r *run) shows(p *plan, f *field) error {
	known, ok := r.printers[p.node]
	switch {
	case !ok || known.class == docvalues.None:
		r.printers[p.node] = f.printer
	case f.class != docvalues.None && f.class != known.class:
		return p.wrong("the field [%s] does not have the same type in all of the collections", f.Name)
	}
	return nil
}

// printer returns how the values of an aggregation are shown.
func (r *run) printer(n *node) *printer {
	p := r.printers[n]
	return &p
}

// tooMany is the error of an answer with too many buckets.
func tooMany(most, n int) error {
	return &Error{Reason: fmt.Sprintf("Trying to create too many buckets. Must be less than or equal to: [%d] but was "+
		"[%d]. This limit can be set by changing the [search.max_buckets] cluster level setting.", most, min(n, math.MaxInt32))}
}

// check notes an error.
func (r *run) check(err error) {
	if err != nil {
		r.fail(err)
	}
}
