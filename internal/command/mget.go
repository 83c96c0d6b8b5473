package command

import (
	"context"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) mget() *cobra.Command {
	return &cobra.Command{
		Use:   "mget INDEX COLLECTION ID...",
		Short: "Print several documents",
		Long: `Mget prints documents in the order asked for, all from one state of the store: NDJSON of {"_id", "_source",
"_version"} when piped, a table on a terminal. Those that are absent are listed on standard error, and
the exit code is then 1.`,
		Example: `  kuzzlite mget --db shop.db shop carts c1 c2`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
				found, err := col.MGet(ctx, args[2:])
				if err != nil {
					return err
				}
				return a.printFound(found)
			})
		},
	}
}

func (a *app) printFound(found *kuzzlite.Found[kuzzlite.Document]) error {
	l := a.out.list(documentHeadings...)
	for _, doc := range found.Successes {
		if err := l.add(documentRow{doc}); err != nil {
			return err
		}
	}
	if err := l.end(); err != nil {
		return err
	}
	for _, id := range found.Errors {
		fmt.Fprintf(a.stderr, "document %q in %s/%s: document not found\n", id, a.index, a.collection)
	}
	if len(found.Errors) > 0 {
		return documentsFailed()
	}
	return nil
}
