package command

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) createCollection() *cobra.Command {
	create := false
	cmd := &cobra.Command{
		Use:   "create-collection INDEX COLLECTION",
		Short: "Create a collection, and its index if there is none",
		Long: `Create-collection makes an empty collection, and the index if there is none. If the collection is present the
exit code is 3, and nothing changes. If the store is absent it is created with --create only.

` + nameHelp,
		Example: `  kuzzlite create-collection --db shop.db --create shop carts`,
		Args:    positional,
	}
	createFlag(cmd, &create, "the store")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		change := func(s anyStore) error { return s.CreateCollection(cmd.Context(), args[0], args[1]) }
		if err := rehearse(change); err != nil {
			return err
		}
		return a.withStore(cmd.Context(), orCreating(create), kuzzlite.Options{}, func(s anyStore) error {
			if err := change(s); err != nil {
				return existing("collection "+args[0]+"/"+args[1], err)
			}
			fmt.Fprintf(a.stderr, "created collection %s/%s\n", args[0], args[1])
			return nil
		})
	}
	return cmd
}

func (a *app) deleteCollection() *cobra.Command {
	var c confirmation
	cmd := &cobra.Command{
		Use:   "delete-collection INDEX COLLECTION",
		Short: "Delete a collection with all its documents",
		Long: `Delete-collection removes a collection and its documents, and says how many there were. The index stays. If
the collection is absent the exit code is 3.

` + yesHelp,
		Example: `  kuzzlite delete-collection --db shop.db shop carts`,
		Args:    positional,
	}
	c.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.index, a.collection = args[0], args[1]
		if err := c.confirm(cmd, a, ofCollection(a.index, a.collection)); err != nil {
			return err
		}
		return a.withStore(cmd.Context(), changing, kuzzlite.Options{}, func(s anyStore) error {
			n, err := s.Collection(a.index, a.collection).Count(cmd.Context())
			if err != nil {
				return err
			}
			if err := s.DeleteCollection(cmd.Context(), a.index, a.collection); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "deleted collection %s/%s: %s\n", a.index, a.collection, counted(n, "document"))
			return nil
		})
	}
	return cmd
}
