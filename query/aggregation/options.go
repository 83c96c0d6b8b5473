package aggregation

import "time"

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
