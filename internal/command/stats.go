package command

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) stats() *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Print the size of the store and of its collections",
		Long: `Stats prints how large the store is, how much of that is free, how far its change feed goes, how many
documents each collection has, and who holds the feed back: one JSON object when piped, a table on a
terminal. If the store is absent the exit code is 3, and none is made.

CompactPays is whether compact gives back at least half of a file of more than 1 MiB. Compact also
repacks half-filled pages, which freeBytes does not count.`,
		Example: `  kuzzlite stats --db shop.db
  kuzzlite stats --db shop.db | jq .documents`,
		Args: positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
				st, err := s.Stats(cmd.Context())
				if err != nil {
					return err
				}
				return a.printStats(st)
			})
		},
	}
}

// printStats leaves out what only a program knows that has the store open for writing: how it writes.
func (a *app) printStats(st *kuzzlite.Stats) error {
	pays := "no"
	if st.CompactPays() {
		pays = "yes, `kuzzlite compact` gives the free bytes back"
	}
	pays += "; compact also repacks half-filled pages, which freeBytes does not count"
	facts := []fact{
		{"path", st.Path, st.Path},
		{"fileSize", st.FileSize, size(st.FileSize)},
		{"freeBytes", st.FreeBytes, size(st.FreeBytes)},
		{"pageSize", st.PageSize, size(int64(st.PageSize))},
		{"compactPays", st.CompactPays(), pays},
		{"documents", st.Documents, fmt.Sprint(st.Documents)},
		{"sequence", st.Sequence, fmt.Sprint(st.Sequence)},
		{"firstSequence", st.FirstSequence, fmt.Sprint(st.FirstSequence)},
	}
	if !a.out.terminal {
		return a.out.facts(append(facts,
			fact{name: "collections", value: st.Collections}, fact{name: "consumers", value: st.Consumers})...)
	}
	for _, c := range st.Collections {
		facts = append(facts, fact{name: c.Index + "/" + c.Collection, text: counted(c.Documents, "document")})
	}
	for _, c := range st.Consumers {
		behind := counted(st.Sequence-min(c.Sequence, st.Sequence), "change")
		facts = append(facts, fact{name: "consumer " + c.Name, text: behind + " behind, holds back up to " + fmt.Sprint(c.MaxLag)})
	}
	return a.out.facts(facts...)
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}
