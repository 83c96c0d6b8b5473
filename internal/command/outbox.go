package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/spf13/cobra"
)

// Looking after an outbox: how far it is, and the letters of what its server has refused. An outbox keeps all that in
// the store, so that this works whoever sends, and while somebody does.

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

// outboxFlags say which outbox is meant.
type outboxFlags struct{ name, index string }

func (f *outboxFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "outbox", outbox.DefaultName, "the `name` of the outbox")
	f.indexFlag(cmd)
}

func (f *outboxFlags) indexFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.index, "outbox-index", outbox.DefaultIndex, "the `index` in which the outbox keeps letters")
}

// letters returns the collection of the letters of an outbox, which must exist: nothing is said of another one.
func (a *app) letters(ctx context.Context, s anyStore, f outboxFlags) (anyCollection, error) {
	_, err := s.Consumer(outbox.ConsumerPrefix + f.name).State(ctx)
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return nil, &failure{exitStore, fmt.Errorf("there is no outbox %s", printable(f.name)),
			"`" + a.hint("outbox status") + "` lists the outboxes"}
	}
	if err != nil {
		return nil, err
	}
	there, err := s.HasCollection(ctx, f.index, f.name+outbox.LettersSuffix)
	if err == nil && !there {
		err = fmt.Errorf("outbox %s keeps no letters in the index %s", printable(f.name), printable(f.index))
		err = &failure{exitStore, err, "--outbox-index names the index that it has"}
	}
	return s.Collection(f.index, f.name+outbox.LettersSuffix), err
}

// outboxRow is an outbox in a list.
type outboxRow struct {
	Name    string `json:"outbox"`
	Behind  uint64 `json:"behind"` // changes of the store
	MaxOwed uint64 `json:"maxOwed"`
	Refuses bool   `json:"refusesWrites"`
	*letterCounts
}

// letterCounts are the letters of an outbox.
type letterCounts struct {
	Waiting uint64 `json:"waiting"` // those that are sent again
	Parked  uint64 `json:"parked"`  // and those that wait for somebody
}

func (r outboxRow) appendJSON(dst []byte) []byte { return appendJSON(dst, r) }

func (r outboxRow) cells() []string {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	waiting, parked := "?", "?"
	if r.letterCounts != nil {
		waiting, parked = number(r.Waiting), number(r.Parked)
	}
	return []string{r.Name, number(r.Behind), waiting, parked, number(r.MaxOwed)}
}

func (a *app) outboxStatus() *cobra.Command {
	var f outboxFlags
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how far each outbox is",
		Long: `Status lists the outboxes of the store: how many changes of the store each is behind, those of other
collections included, how many letters are sent again and how many are parked until somebody decides, and how many
changes may be owed. Letters are counted of the outboxes that keep them in the index of --outbox-index. It prints
NDJSON when piped and a table on a terminal. If the store is absent the exit code is 3.`,
		Example: `  kuzzlite outbox status --db edge.db`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
				list := a.out.list("OUTBOX", "BEHIND", "WAITING", "PARKED", "MAX-OWED")
				rows, err := consumerRows(cmd.Context(), s)
				if err != nil {
					return err
				}
				for _, c := range rows {
					name, ok := strings.CutPrefix(c.Name, outbox.ConsumerPrefix)
					if !ok {
						continue
					}
					r := outboxRow{Name: name, Behind: c.behind, MaxOwed: c.MaxLag, Refuses: c.Refuse}
					letters, err := a.letters(cmd.Context(), s, outboxFlags{name, f.index})
					if err == nil {
						r.letterCounts, err = countLetters(cmd.Context(), letters)
					}
					if elsewhere := (*failure)(nil); errors.As(err, &elsewhere) { // the others are listed all the same
						fmt.Fprintf(a.stderr, "%v; %s\n", err, elsewhere.hint)
					} else if err != nil {
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
	f.indexFlag(cmd)
	return cmd
}

func countLetters(ctx context.Context, letters anyCollection) (*letterCounts, error) {
	n := &letterCounts{}
	err := eachLetter(ctx, letters, func(l outbox.Letter) error {
		if l.Parked {
			n.Parked++
		} else {
			n.Waiting++
		}
		return nil
	})
	return n, err
}
