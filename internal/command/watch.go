package command

import (
	"context"
	"fmt"
	"iter"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) watch() *cobra.Command {
	return &cobra.Command{
		Use:   "watch INDEX COLLECTION",
		Short: "Print the changes of a collection as they are made",
		Long: `Watch prints the changes made to a collection from now on, silent ones left out, until it is interrupted: NDJSON
when piped, a table on a terminal. If the collection is absent the exit code is 3.

A server that has the store open, as --db unix:PATH or http://HOST:PORT, sends each change at once. Otherwise,
while a process has a store open for writing nobody else can open it, not even to read. Watch looks in
between: it sees what other kuzzlite commands write a moment after they end, and waits for a program
that keeps the store open.`,
		Example: `  kuzzlite watch --db shop.db shop carts`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.index, a.collection = args[0], args[1]
			f := &follower{app: a, list: a.out.list(changeHeadings...)}
			f.feed = func(ctx context.Context, s anyStore, since uint64, _ bool) iter.Seq2[kuzzlite.Change, error] {
				return s.Collection(a.index, a.collection).Watch(ctx, &kuzzlite.WatchOptions{Replay: true, Since: since})
			}
			err := a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
				err := a.makeCollection(cmd.Context(), s, false)
				if err == nil {
					f.since, err = s.Sequence(cmd.Context())
				}
				return err
			})
			if err != nil {
				return err
			}
			if err := f.list.end(); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "watching %s/%s after change %d; interrupt to end\n", a.index, a.collection, f.since)
			if a.session != nil && !a.isServed() {
				fmt.Fprintln(a.stderr, "nobody else can write to the store while the shell has it open")
			}
			return f.run(cmd.Context())
		},
	}
}
