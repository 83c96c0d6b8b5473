package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/spf13/cobra"
)

// Looking after an outbox: how far it is, and the letters of what its server has refused. An outbox keeps all that in
// the store, so that this works whoever sends, and while somebody does.

const (
	outboxIndex    = "outbox"   // of what outboxes keep
	outboxName     = "upstream" // the default name
	outboxConsumer = "outbox/"  // what the names of their consumers begin with
	lettersSuffix  = "-letters"
)

func (a *app) outbox() *cobra.Command {
	return a.withVerbs(&cobra.Command{
		Use:   "outbox",
		Short: "See what is owed to a server upstream, and look after what it has refused",
		Long: `An outbox sends changes on to a server upstream: that of kuzzlite push, of kuzzlite serve --upstream, or of a
program. These verbs say what it owes, and list, send again, change and drop letters, which are what is owed of
documents that the server has refused. They work on a store that a server has open, too, and an outbox that
sends meanwhile takes notice. If the store, or a letter, is absent the exit code is 3.`,
		Example: `  kuzzlite outbox status --db edge.db
  kuzzlite outbox list --db unix:edge.sock
  kuzzlite outbox retry --db edge.db 0123456789abcdef0123456789abcdef
  kuzzlite outbox edit --db edge.db 0123456789abcdef0123456789abcdef celsius:=21
  kuzzlite outbox drop --db edge.db 0123456789abcdef0123456789abcdef`,
	}, []*cobra.Command{a.outboxStatus(), a.outboxList(), a.outboxRetry(), a.outboxEdit(), a.outboxDrop()})
}

// letters returns the collection of the letters of an outbox.
func letters(s anyStore, name string) anyCollection {
	return s.Collection(outboxIndex, cmp.Or(name, outboxName)+lettersSuffix)
}

func outboxFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "outbox", "", "the `name` of the outbox; default upstream")
}

// outboxRow is an outbox in a list.
type outboxRow struct {
	Name    string `json:"outbox"`
	Behind  uint64 `json:"behind"` // changes of the store
	MaxOwed uint64 `json:"maxOwed"`
	Refuses bool   `json:"refusesWrites"`
	Waiting uint64 `json:"waiting"` // letters that are sent again
	Parked  uint64 `json:"parked"`  // and those that wait for somebody
}

func (r outboxRow) appendJSON(dst []byte) []byte { return appendJSON(dst, r) }

func (r outboxRow) cells() []string {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return []string{r.Name, number(r.Behind), number(r.Waiting), number(r.Parked), number(r.MaxOwed)}
}

func (a *app) outboxStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how far each outbox is",
		Long: `Status lists the outboxes of the store: how many changes of the store each is behind, those of other
collections included, how many letters are sent again and how many are parked until somebody decides, and how many
changes may be owed. It prints NDJSON when piped and a table on a terminal. If the store is absent the exit
code is 3.`,
		Example: `  kuzzlite outbox status --db edge.db`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
				states, err := s.Consumers(cmd.Context())
				if err != nil {
					return err
				}
				newest, err := s.Sequence(cmd.Context())
				if err != nil {
					return err
				}
				list := a.out.list("OUTBOX", "BEHIND", "WAITING", "PARKED", "MAX-OWED")
				for _, state := range states {
					name, ok := strings.CutPrefix(state.Name, outboxConsumer)
					if !ok {
						continue
					}
					r := outboxRow{
						Name: name, Behind: newest - min(state.Sequence, newest), MaxOwed: state.MaxLag, Refuses: state.Refuse,
					}
					err := eachLetter(cmd.Context(), s, name, func(l outbox.Letter) error {
						if l.Parked {
							r.Parked++
						} else {
							r.Waiting++
						}
						return nil
					})
					if err != nil {
						return err
					}
					if err := list.add(r); err != nil {
						return err
					}
				}
				return list.end()
			})
		},
	}
}

// eachLetter calls fn with all letters of an outbox, none if there is no such outbox.
func eachLetter(ctx context.Context, s anyStore, name string, fn func(outbox.Letter) error) error {
	for d, err := range letters(s, name).All(ctx) {
		if isNoLetter(err) {
			return nil
		}
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
	var name string
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
				list := a.out.list("LETTER", "DOCUMENT", "ATTEMPTS", "NEXT", "STATUS", "REASON")
				err := eachLetter(cmd.Context(), s, name, func(l outbox.Letter) error { return list.add(letterRow{l}) })
				if err != nil {
					return err
				}
				return list.end()
			})
		},
	}
	outboxFlag(cmd, &name)
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
	ctx context.Context, name string, ids []string, all bool, did string, change letterChange,
) error {
	if all == (len(ids) > 0) {
		return usage("give LETTERs, which kuzzlite outbox list prints, or --all")
	}
	return a.withStore(ctx, changing, kuzzlite.Options{}, func(s anyStore) error {
		c, n := letters(s, name), uint64(0)
		do := func(id string) error {
			err := changeLetter(ctx, c, id, change)
			switch {
			case err == nil:
				n++
			case errors.Is(err, errStays), all && isNoLetter(err):
				return nil
			case isNoLetter(err):
				hint := "`" + a.hint("outbox list") + "` lists letters"
				return &failure{exitStore, fmt.Errorf("there is no letter %s", printable(id)), hint}
			}
			return err
		}
		if all {
			err := eachLetter(ctx, s, name, func(l outbox.Letter) error {
				ids = append(ids, l.ID)
				return nil
			})
			if err != nil {
				return err
			}
		}
		var err error
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

// isNoLetter says whether an error is that of a letter that is absent, or of an outbox that is.
func isNoLetter(err error) bool {
	return errors.Is(err, kuzzlite.ErrNotFound) || errors.Is(err, kuzzlite.ErrUnknownCollection) ||
		errors.Is(err, kuzzlite.ErrUnknownIndex)
}

func (a *app) outboxRetry() *cobra.Command {
	var name string
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
			return a.changeLetters(cmd.Context(), name, ids, all, "will send",
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
	outboxFlag(cmd, &name)
	cmd.Flags().BoolVar(&all, "all", false, "all letters")
	return cmd
}

func (a *app) outboxDrop() *cobra.Command {
	var name string
	all := false
	cmd := &cobra.Command{
		Use:   "drop [LETTER...]",
		Short: "Give up letters: the server never gets what they owe",
		Long: `Drop removes letters. What they owe is not sent any more, unless the document changes again and is sent as a
whole. If a letter is absent the exit code is 3.`,
		Example: `  kuzzlite outbox drop --db edge.db 0123456789abcdef0123456789abcdef`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.changeLetters(cmd.Context(), name, ids, all, "dropped",
				func(c anyCollection, l outbox.Letter, o *kuzzlite.WriteOptions) error {
					r, err := c.MDelete(cmd.Context(), []string{l.ID}, o)
					if err != nil {
						return err
					}
					return r.Err()
				})
		},
	}
	outboxFlag(cmd, &name)
	cmd.Flags().BoolVar(&all, "all", false, "all letters")
	return cmd
}

func (a *app) outboxEdit() *cobra.Command {
	var name string
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
			return a.changeLetters(cmd.Context(), name, args[:1], false, "will send",
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
	outboxFlag(cmd, &name)
	return cmd
}
