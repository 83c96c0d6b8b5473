package command

import (
	"context"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// lister is which documents a list shows, and what of them.
type lister struct {
	kuzzlite.ListOptions
	shown
}

func (a *app) list() *cobra.Command {
	var l lister
	cmd := &cobra.Command{
		Use:   "list [INDEX] [COLLECTION]",
		Short: "List indexes, collections, or documents",
		Long: `List shows all indexes; with INDEX, its collections; with INDEX and COLLECTION, the documents in the order of
their ids. It prints NDJSON when piped and a table on a terminal. If the index or the collection is
absent the exit code is 3.

--prefix, --from and --until choose documents by their ids, which are compared byte by byte; the one of
--from is listed, that of --until is not. --after goes on where a list with --limit ended: the document
with that id, present or not, is left out, and those after it are listed, or with --reverse those before.

--fields shows so much of each document: paths of keys with dots between them, as in PATH=VALUE of
update, not of positions in lists. What a document does not have is left out. --ids prints ids alone,
as JSON strings when piped, which delete --from reads, and reads no document.`,
		Example: `  kuzzlite list --db quakes.db
  kuzzlite list --db quakes.db usgs earthquakes --prefix ci --fields magnitude.value,place
  kuzzlite list --db quakes.db usgs earthquakes --after ci37868143 --limit 20`,
		Args: positional,
	}
	l.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := l.check(cmd, args); err != nil {
			return err
		}
		if len(args) < 2 {
			return a.listNames(cmd.Context(), args)
		}
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
			return l.documents(ctx, a, col)
		})
	}
	return cmd
}

func (l *lister) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.Prefix, "prefix", "", "list documents whose id begins with this `TEXT`")
	f.StringVar(&l.From, "from", "", "list documents from this `ID` on")
	f.StringVar(&l.Until, "until", "", "list documents before this `ID`")
	f.StringVar(&l.After, "after", "", "list documents after this `ID`")
	f.BoolVar(&l.Reverse, "reverse", false, "list the last document first")
	f.IntVar(&l.Limit, "limit", 0, "list so many documents at most; 0: all")
	l.shown.flags(cmd)
}

// check refuses flags that make no sense, and takes in the fields.
func (l *lister) check(cmd *cobra.Command, args []string) (err error) {
	ofDocuments := []string{"prefix", "from", "until", "after", "reverse", "limit", "ids", "fields"}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && len(args) < 2 && slices.Contains(ofDocuments, f.Name) {
			err = usage("--%s is for documents: name INDEX and COLLECTION", f.Name)
		}
	})
	switch {
	case err != nil:
		return err
	case l.Limit < 0:
		return wholeNumber("limit", false)
	}
	l.KeysOnly = l.ids
	return l.shown.check(cmd)
}

// documents lists those of a collection.
func (l *lister) documents(ctx context.Context, a *app, col anyCollection) error {
	out := a.out.list(l.headings()...)
	for doc, err := range col.All(ctx, &l.ListOptions) {
		if err != nil {
			return err
		}
		if err := out.add(l.row(doc)); err != nil {
			return err
		}
	}
	if err := out.end(); err != nil || l.fields == nil {
		return err
	}
	if path := l.fields.tree.intoList(); path != "" {
		fmt.Fprintf(a.stderr, "path %q leads into a list, and --fields shows keys of objects only:\n"+
			"a path that ends at the list shows all of it, and `%s` one element\n", path,
			a.hint("get --path PATH.0", a.index, a.collection, "ID"))
	}
	return nil
}

// listNames lists the indexes, or the collections of one.
func (a *app) listNames(ctx context.Context, args []string) error {
	return a.withStore(ctx, reading, kuzzlite.Options{}, func(s anyStore) error {
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
