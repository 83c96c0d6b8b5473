package command

import (
	"context"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) delete() *cobra.Command {
	var t target
	var v ifVersion
	cmd := &cobra.Command{
		Use:   "delete INDEX COLLECTION ID...",
		Short: "Delete documents",
		Long: `Delete removes documents, all in one commit, and prints the ids of those it removed as JSON strings. Those that
are absent are listed, and the exit code is then 1; the others are deleted all the same.`,
		Example: `  kuzzlite delete --db shop.db shop carts c1 c2`,
		Args:    positional,
	}
	t.flags(cmd, false)
	v.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v.apply(&t.write)
		return a.withTarget(cmd, args, &t, func(ctx context.Context, col *kuzzlite.Collection) error {
			res, err := col.MDelete(ctx, args[2:], &t.write)
			if err != nil {
				return err
			}
			for i := range res.Successes {
				if err := a.out.line(res.Successes[i].AppendJSON(nil)); err != nil {
					return err
				}
			}
			return a.listFailures(res)
		})
	}
	return cmd
}
