package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// The verbs that write what a query finds.

// writeFound is such a verb of the library, with its query.
type writeFound func(context.Context, anyCollection, *kuzzlite.ByQueryOptions) (*kuzzlite.ByQueryResult, error)

// byQuery is one run of such a verb.
type byQuery struct {
	app    *app
	cmd    *cobra.Command
	source querySource
	target target
	asks   confirmation
	dryRun bool

	query kuzzlite.Query
	does  string // to documents, for the question
	done  string // to documents, for the last line

	write writeFound

	progress            *progress
	matching            int64 // documents, when the question was asked; unknownSize: it was not
	changed, asTheyWere uint64
}

// byQueryHelp is for both verbs.
const byQueryHelp = `The query is required. --dry-run prints how many documents match, and changes nothing. Documents
are written in calls of 200; one that changes after the command began is skipped. What is skipped and what failed
is told, and if a document failed the exit code is 1. If the command is interrupted, what is done stays, and
the same command again does the rest. If the collection is absent the exit code is 3.

` + yesHelp + `

` + queryHelp

func (a *app) deleteByQuery() *cobra.Command {
	b := &byQuery{app: a, does: "deletes", done: "deleted"}
	b.write = func(
		ctx context.Context, col anyCollection, o *kuzzlite.ByQueryOptions,
	) (*kuzzlite.ByQueryResult, error) {
		return col.DeleteByQuery(ctx, b.query, o)
	}
	cmd := &cobra.Command{
		Use:   "delete-by-query INDEX COLLECTION [QUERY]",
		Short: "Delete the documents that match a query",
		Long: `Delete-by-query deletes the documents that match a query, and says how many there were: truncate deletes all.

` + byQueryHelp,
		Example: `  kuzzlite delete-by-query --db shop.db shop carts 'state = "closed" and total < 10'
  kuzzlite delete-by-query --db shop.db --dry-run shop carts 'total missing'`,
		Args: withQuery,
	}
	b.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if b.query, err = b.source.readOnly(a, cmd, args[2:]); err != nil {
			return err
		}
		return b.run(cmd, args)
	}
	return cmd
}

func (a *app) updateByQuery() *cobra.Command {
	b := &byQuery{app: a, does: "updates", done: "updated"}
	var changes json.RawMessage
	b.write = func(
		ctx context.Context, col anyCollection, o *kuzzlite.ByQueryOptions,
	) (*kuzzlite.ByQueryResult, error) {
		return col.UpdateByQuery(ctx, b.query, changes, o)
	}
	var from body
	cmd := &cobra.Command{
		Use:   "update-by-query INDEX COLLECTION [QUERY] [PATH=VALUE]...",
		Short: "Merge changes into the documents that match a query",
		Long: `Update-by-query merges the same changes into all documents that match a query, as update does into one, and
says how many there were. The arguments behind QUERY are changes; with --query all arguments are.

` + assignmentsHelp + `

` + byQueryHelp,
		Example: `  kuzzlite update-by-query --db shop.db shop carts 'state = "open" and total > 100' state=big checked:=true
  kuzzlite update-by-query --db shop.db shop carts 'total missing' --body '{"total":0}'`,
		Args: positional,
	}
	b.flags(cmd)
	b.target.metadataFlag(cmd)
	b.target.expiry.flags(cmd)
	from.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		var assignments []string
		if b.query, assignments, err = b.source.read(a, cmd, args[2:]); err != nil {
			return err
		}
		if err := required(b.query); err != nil {
			return err
		}
		if changes, err = from.read(a, cmd, assignments); err != nil {
			return err
		}
		if reason := invalidReason(changes); reason != "" {
			return usage("the changes: %s", reason)
		} else if bytes.TrimSpace(changes)[0] != '{' {
			return usage("the changes must be a JSON object")
		}
		return b.run(cmd, args)
	}
	return cmd
}

func (b *byQuery) flags(cmd *cobra.Command) {
	b.source.writes = true
	b.source.flags(cmd)
	b.target.flags(cmd, false)
	b.asks.flags(cmd)
	cmd.Flags().BoolVar(&b.dryRun, "dry-run", false, "print how many documents match, and change nothing")
}

// errNothingMatches ends a command that has nothing to ask about.
var errNothingMatches = errors.New("no document matches")

// run asks, where that is needed, and writes.
func (b *byQuery) run(cmd *cobra.Command, args []string) error {
	a := b.app
	a.index, a.collection, b.cmd, b.matching = args[0], args[1], cmd, unknownSize
	if err := required(b.query); err != nil {
		return err
	}
	if b.dryRun {
		n, err := b.count()
		if err != nil {
			return err
		}
		return a.out.line(strconv.AppendUint(nil, n, 10))
	}
	err := b.asks.ask(cmd.Context(), a, "nothing was "+b.done, func() (string, error) {
		n, err := b.count()
		if err == nil && n == 0 {
			err = errNothingMatches
		}
		b.matching = int64(n)
		return fmt.Sprintf("this %s %s of %s/%s", b.does, counted(n, "document"), a.index, a.collection), err
	})
	if errors.Is(err, errNothingMatches) {
		return b.tell(&kuzzlite.ByQueryResult{})
	}
	if err != nil {
		return err
	}
	return a.withTarget(cmd, args, &b.target, b.writeAll)
}

// count returns how many documents match.
func (b *byQuery) count() (n uint64, err error) {
	o := &kuzzlite.FindOptions{KeysOnly: true, Timeout: -1, MaxScan: -1}
	a := b.app
	err = a.withStore(b.cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) (err error) {
		n, err = countFound(b.cmd.Context(), s.Collection(a.index, a.collection), b.query, o)
		return err
	})
	return n, err
}

// writeAll writes what matches, with a bar on a terminal.
func (b *byQuery) writeAll(ctx context.Context, col anyCollection) error {
	b.progress = b.app.newDocumentProgress(b.matching)
	b.target.write.NoSource = true
	res, err := b.write(ctx, col, &kuzzlite.ByQueryOptions{Write: &b.target.write, Each: b.each})
	b.progress.clear()
	if err != nil && b.changed+b.asTheyWere == 0 && ctx.Err() == nil {
		return err
	}
	if res == nil { // a server was not heard to its end
		res = &kuzzlite.ByQueryResult{}
	}
	switch told := b.tell(res); {
	case err != nil && ctx.Err() != nil:
		return interruption("what is " + b.done + " stays")
	case err != nil:
		return b.stopped(err)
	default:
		return told
	}
}

// each takes in a document that was written.
func (b *byQuery) each(s *kuzzlite.Success) {
	if s.Noop {
		b.asTheyWere++
	} else {
		b.changed++
	}
	b.progress.set(int64(b.changed + b.asTheyWere))
}

// stopped adds to an error that what was done stays.
func (b *byQuery) stopped(err error) error {
	f := b.app.explain(err)
	hint := "what is " + b.done + " stays; the same command again does the rest"
	if f.hint != "" {
		hint = f.hint + "\n" + hint
	}
	return &failure{f.code, f.err, hint}
}

// tell says what became of the documents, and returns the error with which the command ends.
func (b *byQuery) tell(res *kuzzlite.ByQueryResult) error {
	w := b.app.stderr
	for i := range res.Errors {
		text := res.Errors[i].Reason
		if err := res.Errors[i].Err; err != nil {
			text = err.Error()
		}
		fmt.Fprintln(w, printable(text))
	}
	if more := res.Failed - uint64(len(res.Errors)); more > 0 {
		fmt.Fprintf(w, "… and %s failed\n", counted(more, "more document"))
	}
	line := fmt.Sprintf("%s %s of %s/%s", b.done, counted(b.changed, "document"), b.app.index, b.app.collection)
	if b.asTheyWere > 0 {
		line += fmt.Sprintf(", unchanged %d", b.asTheyWere)
	}
	if res.Skipped > 0 {
		line += fmt.Sprintf(", skipped %d that changed meanwhile", res.Skipped)
	}
	if res.Failed > 0 {
		line += fmt.Sprintf(", failed %d", res.Failed)
	}
	fmt.Fprintln(w, line)
	for i := range res.Errors {
		if err := res.Errors[i].Err; err != nil && errors.Is(err, kuzzlite.ErrCorrupt) {
			return err
		}
	}
	if res.Failed > 0 {
		return documentsFailed()
	}
	return nil
}
