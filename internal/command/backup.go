package command

import (
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) backup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the store to a new file",
		Long: `Backup writes a consistent copy of the store to FILE, itself a store, also of a store that a server has open and
writes to: the copy is then made by the server, and comes here. It is there whole or not at all. If
FILE is present it is refused, never overwritten. If the store is absent the exit code is 3.`,
		Example: `  kuzzlite backup --db shop.db shop-monday.db
  kuzzlite backup --db unix:shop.sock shop-tuesday.db`,
		Args: positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.notOfStore(args[0]); err != nil {
				return err
			}
			if err := mayWrite(args[0], false); err != nil {
				return err
			}
			return a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
				n, err := watched(a, func(show func(kuzzlite.Progress)) (int64, error) {
					return s.BackupFile(cmd.Context(), args[0], &kuzzlite.BackupOptions{Progress: show})
				})
				if errors.Is(err, kuzzlite.ErrExists) {
					return taken(args[0])
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "backed up %s to %s: %s\n", a.db, args[0], size(n))
				return nil
			})
		},
	}
}
