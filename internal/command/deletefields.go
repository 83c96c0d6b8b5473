package command

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) deleteFields() *cobra.Command {
	var t target
	var v ifVersion
	cmd := &cobra.Command{
		Use:   "delete-fields INDEX COLLECTION ID PATH...",
		Short: "Remove fields from a document",
		Long: `Delete-fields removes fields of a document and prints what is left. A path is as in lodash: a.b, a[0].b,
a["x.y"]. One that leads nowhere is ignored, and an element of an array is replaced by null. The
document's version grows by one. If the document is absent it fails with exit code 1.`,
		Example: `  kuzzlite delete-fields --db shop.db shop carts c1 state items[0].price`,
		Args:    positional,
	}
	t.flags(cmd, false)
	t.metadataFlag(cmd)
	v.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v.apply(&t.write)
		return a.withTarget(cmd, args, &t, func(ctx context.Context, col anyCollection) error {
			return a.success(col.DeleteFields(ctx, args[2], args[3:], &t.write))
		})
	}
	return cmd
}
