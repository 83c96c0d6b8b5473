package command

import (
	"context"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) list() *cobra.Command {
	var o kuzzlite.ListOptions
	cmd := &cobra.Command{
		Use:   "list [INDEX] [COLLECTION]",
		Short: "List indexes, collections, or documents",
		Long: `List shows all indexes; with INDEX, its collections; with INDEX and COLLECTION, the documents in the order of
their ids. It prints NDJSON when piped and a table on a terminal. --after goes on where a list with
--limit ended: the document with that id, present or not, is left out, and those after it are listed.
If the index or the collection is absent the exit code is 3.`,
		Example: `  kuzzlite list --db quakes.db
  kuzzlite list --db quakes.db usgs earthquakes --after ci37868143 --limit 20`,
		Args: positional,
	}
	cmd.Flags().StringVar(&o.After, "after", "", "list documents after this `ID`")
	cmd.Flags().IntVar(&o.Limit, "limit", 0, "list so many documents at most; 0: all")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < 2 && (cmd.Flags().Changed("after") || cmd.Flags().Changed("limit")):
			return usage("--after and --limit are for documents: name INDEX and COLLECTION")
		case o.Limit < 0:
			return wholeNumber("limit", false)
		case len(args) < 2:
			return a.listNames(cmd.Context(), args)
		}
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col *kuzzlite.Collection) error {
			l := a.out.list(documentHeadings...)
			for doc, err := range col.All(ctx, &o) {
				if err != nil {
					return err
				}
				if err := l.add(documentRow{doc}); err != nil {
					return err
				}
			}
			return l.end()
		})
	}
	return cmd
}

// listNames lists the indexes, or the collections of one.
func (a *app) listNames(ctx context.Context, args []string) error {
	return a.withStore(ctx, reading, kuzzlite.Options{}, func(s *kuzzlite.Store) error {
		headings := []string{"INDEX", "COLLECTION"}[:len(args)+1]
		names, err := s.Indexes(ctx)
		if len(args) > 0 {
			a.index = args[0]
			names, err = s.Collections(ctx, a.index)
		}
		if err != nil {
			return err
		}
		l := a.out.list(headings...)
		for _, name := range names {
			if err := l.add(nameRow(append(args[:len(args):len(args)], name))); err != nil {
				return err
			}
		}
		return l.end()
	})
}

// nameRow is an index, or an index and a collection, in a list.
type nameRow []string

func (n nameRow) cells() []string { return n }

func (n nameRow) appendJSON(dst []byte) []byte {
	dst = appendJSON(append(dst, `{"index":`...), n[0])
	if len(n) > 1 {
		dst = appendJSON(append(dst, `,"collection":`...), n[1])
	}
	return append(dst, '}')
}
