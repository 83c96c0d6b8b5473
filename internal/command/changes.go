package command

import (
	"context"
	"fmt"
	"iter"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) changes() *cobra.Command {
	var since uint64
	var follow bool
	var limit int
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "Print the change feed of the store",
		Long: `Changes prints what the change feed has kept of all indexes and collections, silent changes too, in the order of
their sequence numbers: NDJSON when piped, a table on a terminal. --since begins after that sequence;
if changes after it are no longer kept, or it was never reached, the exit code is 3. Without it the list
begins with the oldest change that is kept. --limit ends it after so many changes; the sequence of the
last one is where --since goes on.

With --follow it goes on with new changes until it is interrupted. As with watch, a server sends each at
once, and in a file they are seen a moment after the command that makes them ends. If the store is
absent the exit code is 3.`,
		Example: `  kuzzlite changes --db shop.db --since 120 --limit 100
  kuzzlite changes --db shop.db --follow`,
		Args: positional,
	}
	cmd.Flags().Uint64Var(&since, "since", 0, "print changes after this `sequence`")
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with new changes until interrupted")
	cmd.Flags().IntVar(&limit, "limit", 0, "print so many changes at most; 0: all")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if limit < 0 {
			return wholeNumber("limit", false)
		}
		f := &follower{app: a, since: since, limit: limit, list: a.out.list(changeHeadings...)}
		f.feed = func(ctx context.Context, s anyStore, since uint64, wait bool) iter.Seq2[kuzzlite.Change, error] {
			return s.Changes(ctx, since, &kuzzlite.ChangesOptions{Follow: wait})
		}
		err := a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
			if !cmd.Flags().Changed("since") {
				st, err := s.Stats(cmd.Context())
				if err != nil {
					return err
				}
				f.since = st.FirstSequence - 1
			}
			newest, err := s.Sequence(cmd.Context())
			if err != nil {
				return err
			}
			if f.since > newest {
				return &failure{exitStore, fmt.Errorf("there is no change %d: the newest is %d", f.since, newest),
					"without --since, `" + a.hint("changes") + "` begins with the oldest change still kept;\n" +
						"a store that was restored from a backup may have had this change before"}
			}
			return f.catchUp(cmd.Context(), s)
		})
		if err != nil {
			return err
		}
		if err := f.list.end(); err != nil {
			return err
		}
		if !follow || f.full() {
			return nil
		}
		return f.run(cmd.Context())
	}
	return cmd
}
