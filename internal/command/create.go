package command

import (
	"context"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) create() *cobra.Command {
	var t target
	var b body
	cmd := &cobra.Command{
		Use:   "create INDEX COLLECTION [ID]",
		Short: "Create a document that is not there yet",
		Long: `Create writes a new document, and prints it. If a document with that ID is present it fails with exit code 1,
and nothing changes. Without an ID it makes one up: 26 characters that sort by time.`,
		Example: `  kuzzlite create --db shop.db --create shop carts c1 --body '{"total":12}'
  kuzzlite create --db shop.db shop carts c2 --file cart.json
  echo '{"total":3}' | kuzzlite create --db shop.db shop carts`,
		Args: positional,
	}
	t.flags(cmd, true)
	t.metadataFlag(cmd)
	b.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		doc, err := b.read(a, cmd)
		if err != nil {
			return err
		}
		id := ""
		if len(args) > 2 {
			id = args[2]
		}
		return a.withTarget(cmd, args, &t, func(ctx context.Context, col *kuzzlite.Collection) error {
			return a.success(col.Create(ctx, id, doc, &t.write))
		})
	}
	return cmd
}
