package command

import (
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) check() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Verify everything in the store",
		Long: `Check reads the whole store and verifies its pages, the checksum and the version of every document, the
tombstones and the change feed. It changes nothing: if the store was not closed, its log is read and
left as it is. Check prints what it has seen; if something is damaged it lists that and the exit code is
3; salvage saves what can still be read. Documents that do not fit the mapping of their collection are
counted and listed, and are no damage. If the store is absent the exit code is 3 too.`,
		Example: `  kuzzlite check --db shop.db`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) error {
				r, err := watched(a, func(show func(kuzzlite.Progress)) (*kuzzlite.CheckReport, error) {
					return s.Check(cmd.Context(), &kuzzlite.CheckOptions{Progress: show})
				})
				if err == nil {
					if err := a.printCheck(r); err != nil {
						return err
					}
					if r.OneHeader {
						fmt.Fprintln(a.stderr, "one of the two copies of the file's header is damaged; the next write mends it,\n"+
							"such as kuzzlite compact; if there was no crash, the disk has damaged the page")
					}
					err = r.Err()
				}
				if errors.Is(err, kuzzlite.ErrCorrupt) {
					return &failure{exitStore, err, a.damagedHint()}
				}
				return err
			})
		},
	}
}

func (a *app) printCheck(r *kuzzlite.CheckReport) error {
	if !a.out.terminal {
		return a.out.line(appendJSON(nil, r))
	}
	facts := []fact{
		{name: "documents", text: fmt.Sprint(r.Documents)},
		{name: "tombstones", text: fmt.Sprint(r.Tombstones)},
		{name: "changes", text: fmt.Sprint(r.Changes)},
		{name: "pages", text: fmt.Sprint(r.Pages)},
		{name: "freePages", text: fmt.Sprint(r.FreePages)},
		{name: "lostPages", text: fmt.Sprint(r.LostPages)},
		{name: "unfit", text: fmt.Sprint(r.Unfit)},
		{name: "problems", text: fmt.Sprint(len(r.Problems))},
	}
	for _, u := range r.UnfitDocuments {
		facts = append(facts, fact{text: u})
	}
	for _, p := range r.Problems {
		facts = append(facts, fact{text: p})
	}
	return a.out.facts(facts...)
}
