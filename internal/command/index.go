package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// notOfFields checks the arguments of a verb about an index of collections. Who gives more of them means an index of
// fields, which other databases call an index.
func notOfFields(verb string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		err := positional(cmd, args)
		if err != nil && len(args) > 1 {
			return &failure{exitUsage, err, "an index here is a set of collections; for an index of fields there is\n" +
				"`kuzzlite field-index " + verb + "`"}
		}
		return err
	}
}

const nameHelp = `A name has 1 to 126 bytes, lower case, without white space and without any of
\ / * ? " < > | , + # : . & %`

func (a *app) createIndex() *cobra.Command {
	create := false
	cmd := &cobra.Command{
		Use:   "create-index INDEX",
		Short: "Create an index",
		Long: `Create-index makes an empty index, which will hold collections. If the index is present the exit code is 3, and
nothing changes. If the store is absent it is created with --create only.

` + nameHelp,
		Example: `  kuzzlite create-index --db shop.db --create shop`,
		Args:    notOfFields("ensure"),
	}
	createFlag(cmd, &create, "the store")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		change := func(s anyStore) error { return s.CreateIndex(cmd.Context(), args[0]) }
		if err := rehearse(change); err != nil {
			return err
		}
		return a.withStore(cmd.Context(), orCreating(create), kuzzlite.Options{}, func(s anyStore) error {
			if err := change(s); err != nil {
				return existing("index "+args[0], err)
			}
			fmt.Fprintf(a.stderr, "created index %s\n", args[0])
			return nil
		})
	}
	return cmd
}

func (a *app) deleteIndex() *cobra.Command {
	var c confirmation
	cmd := &cobra.Command{
		Use:   "delete-index INDEX",
		Short: "Delete an index with all its collections and documents",
		Long: `Delete-index removes an index and all that is in it, and says what that was. If the index is absent the exit
code is 3.

` + yesHelp,
		Example: `  kuzzlite delete-index --db shop.db shop`,
		Args:    notOfFields("drop"),
	}
	c.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.index = args[0]
		if err := c.confirm(cmd, a, ofIndex(a.index)); err != nil {
			return err
		}
		return a.withStore(cmd.Context(), changing, kuzzlite.Options{}, func(s anyStore) error {
			collections, documents, err := contents(cmd.Context(), s, args[0])
			if err != nil {
				return err
			}
			if err := s.DeleteIndex(cmd.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "deleted index %s: %s, %s\n", args[0],
				counted(uint64(collections), "collection"), counted(documents, "document"))
			return nil
		})
	}
	return cmd
}

// contents says how much is in an index.
func contents(ctx context.Context, s anyStore, index string) (collections int, documents uint64, err error) {
	names, err := s.Collections(ctx, index)
	for _, name := range names {
		n, err := s.Collection(index, name).Count(ctx)
		if err != nil {
			return 0, 0, err
		}
		documents += n
	}
	return len(names), documents, err
}

// existing says that what was to be created is there.
func existing(what string, err error) error {
	if errors.Is(err, kuzzlite.ErrExists) {
		return &failure{code: exitStore, err: fmt.Errorf("%s %w", what, kuzzlite.ErrExists)}
	}
	return err
}

func counted(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
