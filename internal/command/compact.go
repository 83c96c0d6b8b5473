package command

import (
	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) compact() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Give the free space in the store back",
		Long: `Compact rewrites the store without its free pages, and prints its size before and after. It needs room for the
copy beside the store; a crash leaves the old file or the new one, whole. If the store is absent the
exit code is 3. Stats says when it is worth it.`,
		Example: `  kuzzlite compact --db shop.db`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withOwnStore(cmd.Context(), changing, kuzzlite.Options{}, func(s *kuzzlite.Store) error {
				c, err := watched(a, func(show func(kuzzlite.Progress)) (kuzzlite.Compaction, error) {
					return s.Compact(cmd.Context(), &kuzzlite.CompactOptions{Progress: show})
				})
				if err != nil {
					return err
				}
				return a.out.facts(
					fact{"before", c.Before, size(c.Before)},
					fact{"after", c.After, size(c.After)},
				)
			})
		},
	}
}
