//go:build race

package query

// withRace says that the race detector is on: it empties pools now and then, so that allocations cannot be counted where
// there are any.
const withRace = true
