package command

import (
	"context"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) upsert() *cobra.Command {
	var t target
	var b body
	var v ifVersion
	var initial string
	cmd := &cobra.Command{
		Use:   "upsert INDEX COLLECTION ID [PATH=VALUE]...",
		Short: "Merge changes into a document, or create it",
		Long: `Upsert merges changes into a document as update does. If the document is absent it is created from the changes
and --default, which fills in what the changes lack. It prints the result.

` + assignmentsHelp,
		Example: `  kuzzlite upsert --db shop.db shop carts c1 total:=15 customer.name=Ann
  kuzzlite upsert --db shop.db shop carts c1 total:=15 --default '{"state":"open"}'`,
		Args: positional,
	}
	t.flags(cmd, true)
	t.metadataFlag(cmd)
	t.expiry.flags(cmd)
	b.flags(cmd)
	v.flags(cmd)
	cmd.Flags().StringVar(&initial, "default", "", "the `JSON` object of what a new document has besides the changes")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		changes, err := b.read(a, cmd, args[3:])
		if err != nil {
			return err
		}
		var defaults any
		if cmd.Flags().Changed("default") {
			if initial == "" {
				return usage("--default is empty: it must be a JSON object")
			}
			defaults = []byte(initial)
		}
		v.apply(&t.write)
		return a.writeDocument(cmd, args, &t, func(ctx context.Context, col anyCollection) (*kuzzlite.Success, error) {
			return col.Upsert(ctx, args[2], changes, defaults, &t.write)
		})
	}
	return cmd
}
