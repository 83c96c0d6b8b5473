package command

import "github.com/spf13/cobra"

func (a *app) update() *cobra.Command {
	return a.writesOne(anyCollection.Update, &cobra.Command{
		Use:   "update INDEX COLLECTION ID [PATH=VALUE]...",
		Short: "Merge changes into a document that is there",
		Long: `Update merges changes into a document, as mupsert does, and prints the result. Objects are merged, arrays and
values replaced, and null is stored. If the document is absent it fails with exit code 1, and nothing
is created: upsert and mupsert create.

` + assignmentsHelp,
		Example: `  kuzzlite update --db shop.db shop carts c1 total:=15 customer.name=Ann
  kuzzlite update --db shop.db shop carts c1 --body '{"total":15}'
  echo '{"state":"paid"}' | kuzzlite update --db shop.db shop carts c1 --if-version 3`,
		Args: positional,
	})
}
