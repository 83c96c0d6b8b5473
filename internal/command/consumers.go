package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// The verbs that make, list and delete consumers of the change feed. See consume.go for those that go through the feed.

func (a *app) consumers() *cobra.Command {
	return &cobra.Command{
		Use:   "consumers",
		Short: "List the consumers of the change feed, and how far each is behind",
		Long: `Consumers lists the named places in the change feed: the sequence of the newest change that each has
acknowledged, how many changes it is behind, and how many it may be behind and still hold them back.
It prints NDJSON when piped and a table on a terminal. If the store is absent the exit code is 3.`,
		Example: `  kuzzlite consumers --db shop.db`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
				rows, err := consumerRows(cmd.Context(), s)
				if err != nil {
					return err
				}
				list := a.out.list("CONSUMER", "SEQUENCE", "BEHIND", "MAX-LAG")
				for _, r := range rows {
					if err := list.add(r); err != nil {
						return err
					}
				}
				return list.end()
			})
		},
	}
}

// consumerRows returns the consumers, in the order of their names.
func consumerRows(ctx context.Context, s anyStore) (rows []consumerRow, err error) {
	states, err := s.Consumers(ctx)
	if err != nil {
		return nil, err
	}
	newest, err := s.Sequence(ctx)
	for _, state := range states {
		rows = append(rows, consumerRow{state, newest - min(state.Sequence, newest)})
	}
	return rows, err
}

// behind is how many changes a consumer has not acknowledged.
func behind(ctx context.Context, s anyStore, c anyConsumer) (uint64, error) {
	state, err := c.State(ctx)
	if err != nil {
		return 0, err
	}
	newest, err := s.Sequence(ctx)
	return newest - min(state.Sequence, newest), err
}

// consumerRow is a consumer in a list.
type consumerRow struct {
	kuzzlite.ConsumerState
	behind uint64
}

func (r consumerRow) appendJSON(dst []byte) []byte {
	return appendJSON(dst, struct {
		kuzzlite.ConsumerState
		Behind uint64 `json:"behind"`
	}{r.ConsumerState, r.behind})
}

func (r consumerRow) cells() []string {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return []string{r.Name, number(r.Sequence), number(r.behind), number(r.MaxLag)}
}

func (a *app) createConsumer() *cobra.Command {
	var o kuzzlite.ConsumerOptions
	oldest := false
	cmd := &cobra.Command{
		Use:   "create-consumer CONSUMER",
		Short: "Create a named place in the change feed",
		Long: `Create-consumer makes a consumer: a place in the change feed that is kept in the store, and for which the
feed keeps the changes that were not acknowledged yet, --max-lag of them at most, and then drops the oldest; with
--refuse the store refuses writes in the place of that. Consume reads them. It
begins after the newest change, with --since after that sequence, and with --oldest with the oldest
change that is kept. If the consumer is present, the store absent, or the change after --since no longer
kept, the exit code is 3.`,
		Example: `  kuzzlite create-consumer --db shop.db outbox
  kuzzlite create-consumer --db shop.db --oldest search-index`,
		Args: positional,
	}
	f := cmd.Flags()
	f.Uint64Var(&o.Since, "since", 0, "begin after the change with this `sequence`; default: the newest")
	f.BoolVar(&oldest, "oldest", false, "begin with the oldest change that is kept")
	f.Uint64Var(&o.MaxLag, "max-lag", 1_000_000, "how many changes it may be behind and still hold them back")
	f.BoolVar(&o.Refuse, "refuse", false, "refuse writes to the store that would leave it further behind")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.Replay = cmd.Flags().Changed("since") || oldest
		switch {
		case oldest && cmd.Flags().Changed("since"):
			return usage("give --since or --oldest, not both")
		case o.MaxLag == 0:
			return wholeNumber("max-lag", true)
		}
		return a.withStore(cmd.Context(), changing, kuzzlite.Options{}, func(s anyStore) error {
			if oldest {
				st, err := s.Stats(cmd.Context())
				if err != nil {
					return err
				}
				o.Since = st.FirstSequence - 1
			}
			c := s.Consumer(args[0])
			if err := c.Create(cmd.Context(), &o); err != nil {
				return existing("consumer "+args[0], err)
			}
			state, err := c.State(cmd.Context())
			if err == nil {
				fmt.Fprintf(a.stderr, "created consumer %s after change %d\n", printable(state.Name), state.Sequence)
			}
			return err
		})
	}
	return cmd
}

func (a *app) deleteConsumer() *cobra.Command {
	var c confirmation
	cmd := &cobra.Command{
		Use:   "delete-consumer CONSUMER",
		Short: "Forget a consumer, so that the change feed keeps nothing for it",
		Long: `Delete-consumer removes a consumer and its place in the change feed, which holds nothing back for it any more.
If the consumer is absent the exit code is 3.

` + yesHelp,
		Example: `  kuzzlite delete-consumer --db shop.db outbox`,
		Args:    positional,
	}
	c.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := c.confirm(cmd, a, func(ctx context.Context, s anyStore) (string, error) {
			lag, err := behind(ctx, s, s.Consumer(args[0]))
			return fmt.Sprintf("consumer %s, which is %s behind,", args[0], counted(lag, "change")),
				a.ofConsumer(args[0], err)
		})
		if err != nil {
			return err
		}
		return a.withStore(cmd.Context(), changing, kuzzlite.Options{}, func(s anyStore) error {
			if err := s.Consumer(args[0]).Delete(cmd.Context()); err != nil {
				return a.ofConsumer(args[0], err)
			}
			fmt.Fprintf(a.stderr, "deleted consumer %s\n", printable(args[0]))
			return nil
		})
	}
	return cmd
}

// ofConsumer adds to the error of a consumer that does not exist what there is and what makes one.
func (a *app) ofConsumer(name string, err error) error {
	if !errors.Is(err, kuzzlite.ErrNotFound) {
		return err
	}
	hint := "`" + a.hint("consumers") + "` lists those that there are"
	if a.verb.Name() != "delete-consumer" {
		hint += ";\n`" + a.hint("create-consumer", name) + "` makes one"
	}
	return &failure{exitStore, err, hint}
}
