package command

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) delete() *cobra.Command {
	var t target
	var v ifVersion
	var from string
	cmd := &cobra.Command{
		Use:   "delete INDEX COLLECTION [ID]...",
		Short: "Delete documents",
		Long: `Delete removes documents, all in one commit, and prints the ids of those it removed as JSON strings. Those that
are absent are listed, and the exit code is then 1; the others are deleted all the same.

--from reads the ids from a file, or with - from standard input: one a line, as it is or as a JSON string,
which is how list --ids prints them. They are all read, and held in memory, before the store is opened.`,
		Example: `  kuzzlite delete --db shop.db shop carts c1 c2
  kuzzlite list --db shop.db shop carts --prefix old- --ids | kuzzlite delete --db shop.db shop carts --from -`,
		Args: positional,
	}
	t.flags(cmd, false)
	v.flags(cmd)
	cmd.Flags().StringVar(&from, "from", "", "`FILE` of ids, one a line, - for standard input")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v.apply(&t.write)
		ids, err := a.idsToDelete(cmd, args[2:], from)
		if err != nil || len(ids) == 0 {
			return err
		}
		return a.withTarget(cmd, args, &t, func(ctx context.Context, col anyCollection) error {
			res, err := col.MDelete(ctx, ids, &t.write)
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

// idsToDelete are those of the command line, or of --from.
func (a *app) idsToDelete(cmd *cobra.Command, ids []string, from string) ([]string, error) {
	given := cmd.Flags().Changed("from")
	switch {
	case given && len(ids) > 0:
		return nil, usage("give IDs or --from, not both")
	case given && from == "":
		return nil, usage("--from is empty: it must be a file, or - for standard input")
	case given:
		return a.readIDs(from)
	case len(ids) == 0:
		return nil, usage("ID is missing")
	}
	return ids, nil
}
