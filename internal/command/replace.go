package command

import "github.com/spf13/cobra"

func (a *app) replace() *cobra.Command {
	return a.writesOne(anyCollection.Replace, &cobra.Command{
		Use:   "replace INDEX COLLECTION ID [PATH=VALUE]...",
		Short: "Replace the whole content of a document",
		Long: `Replace gives a document new content, of which nothing of the old one stays, and prints it. Its version grows,
even if the content is the same. If the document is absent it fails with exit code 1, and nothing is
created.

` + assignmentsHelp,
		Example: `  kuzzlite replace --db shop.db shop carts c1 --body '{"total":15}'
  kuzzlite replace --db shop.db shop carts c1 --file cart.json --if-version 3`,
		Args: positional,
	})
}
