package command

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// Going through the change feed as a consumer: what was printed is acknowledged, and what was not never is.

// ackEvery is after how many changes consume acknowledges what it has printed, so that a long feed that is interrupted
// does not come again from its beginning.
const ackEvery = 1000

func (a *app) consume() *cobra.Command {
	limit, peek := 0, false
	cmd := &cobra.Command{
		Use:   "consume CONSUMER",
		Short: "Print the changes that a consumer has not acknowledged, and acknowledge them",
		Long: `Consume prints the changes that come after the place of a consumer in the change feed, as changes does: NDJSON
when piped, a table on a terminal. What standard output has taken is acknowledged, on disk where that is a
file: the next consume goes on behind it. If printing fails, what was not printed is not acknowledged, and
comes again. So may what was printed last, after a crash: whoever reads must bear to see a change twice.

Who reads from a pipe may fail after the pipe has taken a change. With --peek nothing is acknowledged;
acknowledge does that once the changes are dealt with. --limit ends consume after so many changes. If
there are none it prints nothing. If the consumer is absent, or further behind than its changes are kept,
the exit code is 3.`,
		Example: `  kuzzlite consume --db shop.db outbox >> changes.ndjson
  kuzzlite consume --db shop.db --peek --limit 100 outbox`,
		Args: positional,
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "print so many changes at most; 0: all")
	cmd.Flags().BoolVar(&peek, "peek", false, "acknowledge nothing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if limit < 0 {
			return wholeNumber("limit", false)
		}
		how := changing
		if peek {
			how = reading
		}
		return a.withStore(cmd.Context(), how, kuzzlite.Options{}, func(s anyStore) error {
			r := &consumption{
				out: a.out, list: a.out.list(changeHeadings...), consumer: s.Consumer(args[0]), limit: limit, peek: peek,
			}
			return a.ofConsumer(args[0], r.run(cmd.Context()))
		})
	}
	return cmd
}

// consumption is one run of consume.
type consumption struct {
	out      *output
	list     *list
	consumer anyConsumer
	limit    int // of changes to print; 0: none
	peek     bool

	last    uint64 // sequence of the change that was printed last
	pending int    // how many were printed, and are not acknowledged
}

// run prints changes. What was printed before an error of the feed is acknowledged all the same.
func (r *consumption) run(ctx context.Context) error {
	for c, err := range r.consumer.Changes(ctx) {
		if err != nil {
			return cmp.Or(r.acknowledge(ctx), err)
		}
		if err := r.list.add(changeRow(c)); err != nil {
			return err
		}
		r.last = c.Sequence
		if r.pending++; r.pending == ackEvery {
			if err := r.acknowledge(ctx); err != nil {
				return err
			}
		}
		if r.limit > 0 && r.list.rows == r.limit {
			break
		}
	}
	return r.acknowledge(ctx)
}

// acknowledge acknowledges what was printed, once it is written out.
func (r *consumption) acknowledge(ctx context.Context) error {
	if err := r.list.end(); err != nil {
		return err
	}
	if r.peek || r.pending == 0 {
		return nil
	}
	if err := r.out.sync(); err != nil {
		return err
	}
	r.pending = 0
	return r.consumer.Ack(context.WithoutCancel(ctx), r.last) // an interrupt does not undo what was printed
}

// sync makes durable what was written, where that is in a file.
func (o *output) sync() error {
	f, ok := o.stream.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil // a pipe, or a terminal
	}
	if err := f.Sync(); err != nil {
		return outputError(err)
	}
	return nil
}

func (a *app) acknowledge() *cobra.Command {
	return &cobra.Command{
		Use:   "acknowledge CONSUMER SEQUENCE",
		Short: "Acknowledge changes that consume --peek has printed",
		Long: `Acknowledge moves the place of a consumer to a sequence: all changes up to that one are dealt with, and consume
goes on behind it. The place cannot move back. If the consumer is absent the exit code is 3; it is 2 for
a sequence that the consumer is past, or that the change feed has not reached.`,
		Example: `  kuzzlite acknowledge --db shop.db outbox 120`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			sequence, err := strconv.ParseUint(args[1], 10, 64)
			if err != nil {
				return usage("SEQUENCE must be a whole number, as consume prints it")
			}
			return a.withStore(cmd.Context(), changing, kuzzlite.Options{}, func(s anyStore) error {
				c := s.Consumer(args[0])
				if err := c.Ack(cmd.Context(), sequence); err != nil {
					return a.ofConsumer(args[0], err)
				}
				lag, err := behind(cmd.Context(), s, c)
				if err == nil {
					fmt.Fprintf(a.stderr, "consumer %s is %s behind\n", printable(args[0]), counted(lag, "change"))
				}
				return err
			})
		},
	}
}
