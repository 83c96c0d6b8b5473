package command

import (
	"context"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) create() *cobra.Command {
	var t target
	var b body
	var id string
	cmd := &cobra.Command{
		Use:   "create INDEX COLLECTION [ID] [PATH=VALUE]...",
		Short: "Create a document that is not there yet",
		Long: `Create writes a new document, and prints it. If a document with that ID is present it fails with exit code 1,
and nothing changes. Without an ID it makes one up: 26 characters that sort by time. What has
an = in it is no ID but the first PATH=VALUE; such an ID is given with --id.

` + assignmentsHelp,
		Example: `  kuzzlite create --db shop.db --create shop carts c1 --body '{"total":12}'
  kuzzlite create --db shop.db shop carts c2 --file cart.json
  kuzzlite create --db shop.db shop carts c3 total:=3 customer.name=Ann
  echo '{"total":3}' | kuzzlite create --db shop.db shop carts`,
		Args: positional,
	}
	t.flags(cmd, true)
	t.metadataFlag(cmd)
	t.expiry.flags(cmd)
	b.flags(cmd)
	cmd.Flags().StringVar(&id, "id", "", "the `ID`, also one with an = in it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		args, changes := args[:2], args[2:]
		switch first := len(changes) > 0 && !strings.Contains(changes[0], "="); {
		case first && cmd.Flags().Changed("id"):
			return usage("%q stands beside --id: it must be PATH=VALUE or PATH:=JSON", changes[0])
		case first:
			id, changes = changes[0], changes[1:]
		case cmd.Flags().Changed("id") && id == "":
			return usage("--id is empty")
		}
		doc, err := b.read(a, cmd, changes)
		if err != nil {
			return err
		}
		return a.writeDocument(cmd, args, &t, func(ctx context.Context, col anyCollection) (*kuzzlite.Success, error) {
			return col.Create(ctx, id, doc, &t.write)
		})
	}
	return cmd
}
