package command

import (
	"context"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) replace() *cobra.Command {
	var t target
	var b body
	var v ifVersion
	cmd := &cobra.Command{
		Use:   "replace INDEX COLLECTION ID [PATH=VALUE]...",
		Short: "Replace the whole content of a document",
		Long: `Replace gives a document new content, of which nothing of the old one stays, and prints it. Its version grows,
even if the content is the same. If the document is absent it fails with exit code 1, and nothing is
created.

` + assignmentsHelp,
		Example: `  kuzzlite replace --db shop.db shop carts c1 --body '{"total":15}'
  kuzzlite replace --db shop.db shop carts c1 --file cart.json --if-version 3`,
		Args: positional,
	}
	t.flags(cmd, false)
	t.metadataFlag(cmd)
	b.flags(cmd)
	v.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		doc, err := b.read(a, cmd, args[3:])
		if err != nil {
			return err
		}
		v.apply(&t.write)
		return a.withTarget(cmd, args, &t, func(ctx context.Context, col *kuzzlite.Collection) error {
			return a.success(col.Replace(ctx, args[2], doc, &t.write))
		})
	}
	return cmd
}
