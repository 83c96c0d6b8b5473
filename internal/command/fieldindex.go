package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// Indexes of fields: the verb field-index with a verb of its own for each thing to do. The same verbs are there under
// names as other verbs have them, such as drop-field-index; these are not in the list of the help.

func (a *app) fieldIndex() *cobra.Command {
	return a.withVerbs(&cobra.Command{
		Use:   "field-index",
		Short: "Make, list and drop indexes of fields, which make queries fast",
		Long: `An index of fields leads a query to the documents that match, without reading the others, and gives them in the
order of --sort. It belongs to one collection, and every write keeps it. Find --explain says which index a
query has used, and which one would help. If the collection is absent the exit code is 3.

Ensure-field-index, list-field-indexes and drop-field-index are other names of these verbs.`,
		Example: `  kuzzlite field-index ensure --db quakes.db usgs earthquakes magnitude.value
  kuzzlite field-index list --db quakes.db usgs earthquakes
  kuzzlite field-index drop --db quakes.db usgs earthquakes magnitude.value`,
	}, a.fieldIndexVerbs(false))
}

// withVerbs returns a verb that has verbs of its own, and does nothing by itself.
func (a *app) withVerbs(cmd *cobra.Command, verbs []*cobra.Command) *cobra.Command {
	var names []string
	for _, verb := range verbs {
		if a.session == nil {
			a.waitFlag(verb)
		}
		a.prepare(verb)
		cmd.AddCommand(verb)
		names = append(names, verb.Name())
	}
	last := len(names) - 1
	known := strings.Join(names[:last], ", ") + " or " + names[last]
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usage("unknown verb %q: it is %s", args[0], known)
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// fieldIndexVerbs returns the verbs for the tree itself, or those of field-index.
func (a *app) fieldIndexVerbs(top bool) []*cobra.Command {
	names := []string{"field-index ensure", "field-index list", "field-index drop"}
	if top {
		names = []string{"ensure-field-index", "list-field-indexes", "drop-field-index"}
	}
	verbs := []*cobra.Command{a.ensureFieldIndex(names[0]), a.listFieldIndexes(names[1]), a.dropFieldIndex(names[2])}
	for _, v := range verbs {
		v.Hidden = top
	}
	return verbs
}

// lastWord returns the name that a verb has where it is: that of field-index is in the tree already.
func lastWord(name string) string { return name[strings.LastIndexByte(name, ' ')+1:] }

func (a *app) ensureFieldIndex(name string) *cobra.Command {
	var index kuzzlite.FieldIndex
	var kind string
	create := false
	cmd := &cobra.Command{
		Use:   lastWord(name) + " INDEX COLLECTION FIELDS",
		Short: "Make an index of fields, or go on making it",
		Long: `This makes an index of one field or of up to 8, with commas between them, and returns once it is complete. A
field is a path of keys with dots between them; with a - before it, it is descending, which matters for sorting
by several fields only. FIELDS that begin with a - go after --. If such an index is present nothing changes; one
that is not complete is completed, so after an interrupt the same command goes on. If the collection is
absent the exit code is 3, unless --create is given; and so it is if other fields have the index's name.

With --kind text it is an index of the words of one field, for conditions such as place ~ "alaska" and phrases.
--analyzer says how texts are split into words: standard, which is what queries without a mapping ask for, simple,
stop, whitespace or keyword. With --kind geo it is one of the points of one field, for conditions such as
at within 100km of (61.2, -149.9).

--unique refuses documents with the same values of all fields from now on; if there are such documents, no
index is made, and the exit code is 3. --sparse leaves documents out that have none of the fields: the index is
smaller, and does not help to sort all documents. --where leaves documents out that do not match a QUERY: then
--unique holds among the others, and only queries help themselves that have this condition, too.`,
		Example: `  kuzzlite ` + name + ` --db quakes.db usgs earthquakes magnitude.value
  kuzzlite ` + name + ` --db quakes.db --name newest usgs earthquakes -- network,-time
  kuzzlite ` + name + ` --db quakes.db --kind text usgs earthquakes place`,
		Args: positional,
	}
	f := cmd.Flags()
	f.BoolVar(&index.Unique, "unique", false, "refuse documents with the same values as another one")
	f.BoolVar(&index.Sparse, "sparse", false, "leave out documents that have none of the fields")
	f.StringVar(&kind, "kind", "", "`KIND` of the index: text, for words, or geo, for points; default: for values")
	f.StringVar(&index.Analyzer, "analyzer", "", "split texts with this `ANALYZER`; default: "+defaultAnalyzer)
	f.StringVar(&index.Where, "where", "", "leave out documents that do not match the `QUERY`, see kuzzlite find")
	f.StringVar(&index.Name, "name", "", "the `NAME` of the index; default: FIELDS")
	createFlag(cmd, &create, "the store, the index and the collection")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if cmd.Flags().Changed("name") && index.Name == "" {
			return usage("--name is empty")
		}
		if index.Fields, err = splitList(args[2]); err != nil {
			return err
		}
		index.Kind = kuzzlite.FieldIndexKind(kind)
		a.index, a.collection = args[0], args[1]
		return a.withStore(cmd.Context(), orCreating(create), kuzzlite.Options{}, func(s anyStore) error {
			if err := a.makeCollection(cmd.Context(), s, create); err != nil {
				return err
			}
			return a.buildFieldIndex(cmd.Context(), s.Collection(a.index, a.collection), index)
		})
	}
	return cmd
}

// defaultAnalyzer is the analyzer of an index of words that names none.
const defaultAnalyzer = "standard"

// buildFieldIndex makes an index, with a bar on a terminal.
func (a *app) buildFieldIndex(ctx context.Context, col anyCollection, index kuzzlite.FieldIndex) error {
	name := index.Name
	if name == "" {
		name = strings.Join(index.Fields, ",")
	}
	var bar *progress
	begun := false
	err := col.EnsureFieldIndex(ctx, index, &kuzzlite.FieldIndexOptions{Progress: func(done, total uint64) {
		if !begun {
			bar, begun = a.newDocumentProgress(int64(total)), true
		}
		bar.set(int64(done))
	}})
	bar.clear()
	switch {
	case err != nil && ctx.Err() != nil:
		return interruption("what is made of the index stays")
	case errors.Is(err, kuzzlite.ErrNotUnique):
		return &failure{exitStore, err, "no index was made: change or delete such documents first, or leave --unique out"}
	case errors.Is(err, kuzzlite.ErrExists):
		return &failure{exitStore, err, "`" + a.hint("field-index drop", a.index, a.collection, name) + "` drops it;\n" +
			"with --name there can be both"}
	case err != nil:
		return err
	}
	fmt.Fprintf(a.stderr, "field index %s of %s/%s is complete\n", printable(name), a.index, a.collection)
	return nil
}

func (a *app) listFieldIndexes(name string) *cobra.Command {
	return &cobra.Command{
		Use:   lastWord(name) + " INDEX COLLECTION",
		Short: "List the indexes of fields of a collection",
		Long: `This lists the indexes of fields that a collection has, and says of each whether it is complete: queries use
no other. It prints NDJSON when piped and a table on a terminal. If the collection is absent the exit code is 3.`,
		Example: `  kuzzlite ` + name + ` --db quakes.db usgs earthquakes`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
				states, err := col.FieldIndexes(ctx)
				if err != nil {
					return err
				}
				list := a.out.list("NAME", "KIND", "UNIQUE", "SPARSE", "STATE", "FIELDS", "WHERE")
				for _, state := range states {
					if err := list.add(fieldIndexRow(state)); err != nil {
						return err
					}
				}
				return list.end()
			})
		},
	}
}

// fieldIndexRow is an index in a list.
type fieldIndexRow kuzzlite.FieldIndexState

func (r fieldIndexRow) appendJSON(dst []byte) []byte {
	return appendJSON(dst, kuzzlite.FieldIndexState(r))
}

func (r fieldIndexRow) cells() []string {
	yesNo := map[bool]string{true: "yes", false: "no"}
	state := map[bool]string{true: "not complete", false: "complete"}[r.Building]
	kind := "values"
	if r.Kind != kuzzlite.FieldIndexValues {
		kind = string(r.Kind)
	}
	return []string{r.Name, kind, yesNo[r.Unique], yesNo[r.Sparse], state, joinList(r.Fields), cmp.Or(r.Where, "-")}
}

func (a *app) dropFieldIndex(name string) *cobra.Command {
	var c confirmation
	cmd := &cobra.Command{
		Use:   lastWord(name) + " INDEX COLLECTION NAME",
		Short: "Drop an index of fields; no document changes",
		Long: `This drops an index of fields. The documents stay as they are, and queries find the same, which may take
longer; what --unique refused is no longer refused. If the index is absent the exit code is 3.

` + yesHelp,
		Example: `  kuzzlite ` + name + ` --db quakes.db usgs earthquakes magnitude.value`,
		Args:    positional,
	}
	c.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.index, a.collection = args[0], args[1]
		err := c.ask(cmd.Context(), a, "nothing was dropped", func() (string, error) {
			names, err := a.fieldIndexNames(cmd.Context(), a.index, a.collection)
			if err == nil && !slices.Contains(names, args[2]) {
				err = a.noFieldIndex(args[2])
			}
			return fmt.Sprintf("this drops field index %s of %s/%s, and no document", args[2], a.index, a.collection), err
		})
		if err != nil {
			return err
		}
		return a.withCollection(cmd, args, changing, func(ctx context.Context, col anyCollection) error {
			err := col.DropFieldIndex(ctx, args[2])
			switch {
			case errors.Is(err, kuzzlite.ErrNotFound):
				return a.noFieldIndex(args[2])
			case err != nil:
				return err
			}
			fmt.Fprintf(a.stderr, "dropped field index %s of %s/%s\n", printable(args[2]), a.index, a.collection)
			return nil
		})
	}
	return cmd
}

// noFieldIndex is the error of an index that does not exist.
func (a *app) noFieldIndex(name string) error {
	return &failure{exitStore, fmt.Errorf("%s/%s has no field index %q", a.index, a.collection, name),
		"`" + a.hint("field-index list", a.index, a.collection) + "` lists those that there are"}
}

// fieldIndexNames returns the names of the indexes of fields of a collection.
func (a *app) fieldIndexNames(ctx context.Context, index, collection string) (names []string, err error) {
	err = a.withStore(ctx, reading, kuzzlite.Options{LockTimeout: -1}, func(s anyStore) error {
		states, err := s.Collection(index, collection).FieldIndexes(ctx)
		for _, state := range states {
			names = append(names, state.Name)
		}
		return err
	})
	return names, err
}
