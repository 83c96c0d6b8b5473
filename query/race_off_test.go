//go:build !race

package query

const withRace = false
