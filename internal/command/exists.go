package command

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
)

func (a *app) exists() *cobra.Command {
	return &cobra.Command{
		Use:   "exists INDEX COLLECTION ID",
		Short: "Say whether a document exists",
		Long: `Exists prints true and ends with exit code 0 if the document is present, or prints false and ends with exit
code 1 if it is absent. It does not read the document.`,
		Example: `  kuzzlite exists --db shop.db shop carts c1 && echo "it is there"`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
				ok, err := col.Exists(ctx, args[2])
				if err != nil {
					return err
				}
				if err := a.out.line(strconv.AppendBool(nil, ok)); err != nil || ok {
					return err
				}
				return documentsFailed()
			})
		},
	}
}
