package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/spf13/cobra"
)

// The letters of an outbox: what its server has refused.

// eachLetter calls fn with all letters of an outbox.
func eachLetter(ctx context.Context, letters anyCollection, fn func(outbox.Letter) error) error {
	for d, err := range letters.All(ctx) {
		if err != nil {
			return err
		}
		l, err := outbox.ReadLetter(d)
		if err != nil {
			return err
		}
		if err := fn(l); err != nil {
			return err
		}
	}
	return nil
}

// letterRow is a letter in a list.
type letterRow struct{ outbox.Letter }

func (r letterRow) appendJSON(dst []byte) []byte {
	return appendJSON(dst, struct {
		ID string `json:"letter"`
		outbox.Letter
	}{r.ID, r.Letter})
}

func (r letterRow) cells() []string {
	last := outbox.Attempt{}
	if n := len(r.History); n > 0 {
		last = r.History[n-1]
	}
	next := "parked"
	if !r.Parked {
		next = r.Next.UTC().Format(time.RFC3339)
	}
	where := r.Index + "/" + r.Collection
	if r.Document != "" {
		where += "/" + r.Document
	}
	status := strconv.Itoa(last.Status)
	return []string{r.ID, printable(where), strconv.Itoa(r.Attempts), next, status, printable(last.Reason)}
}

func (a *app) outboxList() *cobra.Command {
	var f outboxFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List letters: what the server has refused, and why",
		Long: `List prints the letters of an outbox: the document, how often the server has refused it and with which status
and reason, and when it is sent again; parked letters wait for retry, edit or drop. A letter without a document is
of a truncation, or of the deletion of a collection. It prints NDJSON when piped, with all attempts, and a
table on a terminal. If the store is absent the exit code is 3.`,
		Example: `  kuzzlite outbox list --db edge.db`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
				letters, err := a.letters(cmd.Context(), s, f)
				if err != nil {
					return err
				}
				list := a.out.list("LETTER", "DOCUMENT", "ATTEMPTS", "NEXT", "STATUS", "REASON")
				err = eachLetter(cmd.Context(), letters, func(l outbox.Letter) error { return list.add(letterRow{l}) })
				if err != nil {
					return err
				}
				return list.end()
			})
		},
	}
	f.flags(cmd)
	return cmd
}

// localOnly are the options of what is written to an outbox: it concerns this store alone.
var localOnly = &kuzzlite.WriteOptions{LocalOnly: true, NoSource: true}

// letterChange changes a letter.
type letterChange func(c anyCollection, l outbox.Letter, o *kuzzlite.WriteOptions) error

// errStays is what a change of a letter returns that leaves the letter as it is.
var errStays = errors.New("the letter stays")

// changeLetters calls change with each letter that is named, or all; once more with one that what sends has changed in
// between. Of all, those that are settled meanwhile are left out.
func (a *app) changeLetters(
	ctx context.Context, f outboxFlags, ids []string, all bool, did string, change letterChange,
) error {
	if all == (len(ids) > 0) {
		return usage("give LETTERs, which kuzzlite outbox list prints, or --all")
	}
	return a.withStore(ctx, changing, kuzzlite.Options{}, func(s anyStore) error {
		c, err := a.letters(ctx, s, f)
		if err != nil {
			return err
		}
		n := uint64(0)
		do := func(id string) error {
			err := changeLetter(ctx, c, id, change)
			switch {
			case err == nil:
				n++
			case errors.Is(err, errStays), all && errors.Is(err, kuzzlite.ErrNotFound):
				return nil
			case errors.Is(err, kuzzlite.ErrNotFound):
				hint := "`" + a.hint("outbox list") + "` lists letters"
				return &failure{exitStore, fmt.Errorf("there is no letter %s", printable(id)), hint}
			}
			return err
		}
		if all {
			err := eachLetter(ctx, c, func(l outbox.Letter) error {
				ids = append(ids, l.ID)
				return nil
			})
			if err != nil {
				return err
			}
		}
		for i := 0; i < len(ids) && err == nil; i++ {
			err = do(ids[i])
		}
		if n > 0 || err == nil {
			fmt.Fprintf(a.stderr, "%s %s\n", did, counted(n, "letter"))
		}
		return err
	})
}

// changeLetter calls change with a letter as it is, until nobody has changed the letter in between.
func changeLetter(ctx context.Context, c anyCollection, id string, change letterChange) error {
	for {
		d, err := c.Get(ctx, id)
		if err != nil {
			return err
		}
		l, err := outbox.ReadLetter(d)
		if err != nil {
			return err
		}
		o := *localOnly
		o.IfVersion = d.Version
		if err := change(c, l, &o); !errors.Is(err, kuzzlite.ErrConflict) {
			return err
		}
	}
}

func (a *app) outboxRetry() *cobra.Command {
	var f outboxFlags
	all := false
	cmd := &cobra.Command{
		Use:   "retry [LETTER...]",
		Short: "Send letters again",
		Long: `Retry has letters sent again, soon if the outbox is running, or once it runs; their attempts are counted anew.
Letters of whole collections cannot be sent again, since that would remove what was written since. If a letter is
absent the exit code is 3.`,
		Example: `  kuzzlite outbox retry --db edge.db 0123456789abcdef0123456789abcdef
  kuzzlite outbox retry --db edge.db --all`,
		Args: positional,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.changeLetters(cmd.Context(), f, ids, all, "will send",
				func(c anyCollection, l outbox.Letter, o *kuzzlite.WriteOptions) error {
					if all && l.Document == "" {
						fmt.Fprintf(a.stderr, "letter %s is of a whole collection, and stays\n", l.ID)
						return errStays
					}
					to, err := l.Retried()
					if err != nil {
						return err
					}
					_, err = c.Replace(cmd.Context(), l.ID, to, o)
					return err
				})
		},
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all letters")
	return cmd
}

func (a *app) outboxDrop() *cobra.Command {
	var f outboxFlags
	all := false
	cmd := &cobra.Command{
		Use:   "drop [LETTER...]",
		Short: "Give up letters: the server never gets what they owe",
		Long: `Drop removes letters. What they owe is not sent any more, unless the document changes again and is sent as a
whole. If a letter is absent the exit code is 3.`,
		Example: `  kuzzlite outbox drop --db edge.db 0123456789abcdef0123456789abcdef`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.changeLetters(cmd.Context(), f, ids, all, "dropped",
				func(c anyCollection, l outbox.Letter, o *kuzzlite.WriteOptions) error {
					r, err := c.MDelete(cmd.Context(), []string{l.ID}, o)
					if err != nil {
						return err
					}
					return r.Err()
				})
		},
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all letters")
	return cmd
}

func (a *app) outboxEdit() *cobra.Command {
	var f outboxFlags
	var b body
	cmd := &cobra.Command{
		Use:   "edit LETTER [PATH=VALUE]...",
		Short: "Send other changes in the place of what a letter owes",
		Long: `Edit has a letter sent again with other changes, which are merged into the document upstream, in the place of
what the document here had. The document here stays as it is, and what changes here later is sent as ever.
If the letter is absent the exit code is 3.

` + assignmentsHelp,
		Example: `  kuzzlite outbox edit --db edge.db 0123456789abcdef0123456789abcdef celsius:=21`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			changes, err := b.read(a, cmd, args[1:])
			if err != nil {
				return err
			}
			return a.changeLetters(cmd.Context(), f, args[:1], false, "will send",
				func(c anyCollection, l outbox.Letter, o *kuzzlite.WriteOptions) error {
					to, err := l.Edited(changes)
					if err != nil {
						return err
					}
					_, err = c.Replace(cmd.Context(), l.ID, to, o)
					return err
				})
		},
	}
	b.flags(cmd)
	f.flags(cmd)
	return cmd
}
