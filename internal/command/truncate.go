package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) truncate() *cobra.Command {
	var t target
	var c confirmation
	cmd := &cobra.Command{
		Use:   "truncate INDEX COLLECTION",
		Short: "Delete all documents of a collection",
		Long: `Truncate removes all documents of a collection at once, and says how many there were. The collection stays,
empty; versions start at 1 again. If the collection is absent the exit code is 3.

` + yesHelp,
		Example: `  kuzzlite truncate --db shop.db shop carts`,
		Args:    positional,
	}
	t.flags(cmd, false)
	c.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.index, a.collection = args[0], args[1]
		if err := c.confirm(cmd, a, ofCollection(a.index, a.collection)); err != nil {
			return err
		}
		return a.withTarget(cmd, args, &t, func(ctx context.Context, col anyCollection) error {
			n, err := col.Count(ctx)
			if err != nil {
				return err
			}
			if err := col.Truncate(ctx, &t.write); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "truncated %s/%s: removed %s\n", a.index, a.collection, counted(n, "document"))
			return nil
		})
	}
	return cmd
}
