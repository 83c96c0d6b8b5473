package command

import (
	"context"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// finder is one run of find.
type finder struct {
	app *app
	cmd *cobra.Command
	shown
	source  querySource
	limits  queryLimits
	options kuzzlite.FindOptions
	sort    sorting

	asJSON    bool
	explain   bool
	histogram string // the field
	args      []string
}

func (a *app) find() *cobra.Command {
	f := &finder{app: a}
	cmd := &cobra.Command{
		Use:   "find INDEX COLLECTION [QUERY]",
		Short: "List the documents that match a query",
		Long: `Find lists the documents that match a query, or all, as list does: NDJSON when piped, a table on a terminal.
If no document matches it lists nothing, with exit code 0; if the collection is absent the exit code is 3.

` + queryHelp + `

--sort is one field or several, with commas between them, each descending with a - before it; the default is
by id. Documents that lack the field come last, with --missing-first first. --sort also takes the "sort" of an
Elasticsearch search, as JSON: '[{"total":{"order":"desc","missing":"_first"}}]'. --limit ends the list, and then
standard error has the command that goes on: --after takes its cursor. A list with --limit is held in memory.
--json prints one object instead, {"documents": […], "next": "…"}, where next is that cursor, "" at the end.

--explain runs the query, and says how it went and whether an index of fields would help: see field-index.
--histogram draws how the values of a field are distributed: numbers in ranges, or the most frequent texts.`,
		Example: `  kuzzlite find --db quakes.db usgs earthquakes 'magnitude.value >= 5 and network = "us"'
  kuzzlite find --db quakes.db usgs earthquakes --sort -magnitude.value --limit 10 --fields magnitude.value,place
  kuzzlite find --db quakes.db usgs earthquakes 'place like "*Alaska*"' --histogram magnitude.value`,
		Args: withQuery,
	}
	f.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.cmd, f.args = cmd, args
		q, err := f.check()
		if err != nil {
			return err
		}
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
			return f.limits.exceeded(ctx, f.run(ctx, col, q))
		})
	}
	return cmd
}

func (f *finder) flags(cmd *cobra.Command) {
	f.source.flags(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.sort.given, "sort", nil,
		"`FIELDS` to sort by, with commas between them; -FIELD is descending; or Elasticsearch's JSON")
	flags.BoolVar(&f.sort.missingFirst, "missing-first", false, "with --sort, documents that lack the field come first")
	flags.IntVar(&f.options.Limit, "limit", 0, "list so many documents at most; 0: all")
	flags.StringVar(&f.options.After, "after", "", "go on behind this `CURSOR`, which an earlier find has printed")
	f.shown.flags(cmd)
	flags.BoolVar(&f.asJSON, "json", false, "print one JSON object, with the cursor of what comes next")
	flags.BoolVar(&f.explain, "explain", false, "say how the query was run, and list no documents")
	flags.StringVar(&f.histogram, "histogram", "", "draw how the values of this `FIELD` are distributed")
	f.limits.flags(cmd)
}

// check reads the query, and refuses flags that make no sense together.
func (f *finder) check() (kuzzlite.Query, error) {
	flags := f.cmd.Flags()
	for _, two := range [][2]string{
		{"explain", "fields"}, {"explain", "after"}, {"explain", "histogram"}, {"histogram", "fields"}, {"histogram", "ids"},
		{"histogram", "json"}, {"histogram", "sort"}, {"histogram", "after"},
	} {
		if flags.Changed(two[0]) && flags.Changed(two[1]) {
			return nil, usage("give --%s or --%s, not both", two[0], two[1])
		}
	}
	switch {
	case f.options.Limit < 0:
		return nil, wholeNumber("limit", false)
	case flags.Changed("after") && f.options.After == "":
		return nil, usage("--after is empty: it must be a cursor that an earlier find has printed")
	case flags.Changed("histogram") && strings.Trim(f.histogram, ".") == "":
		return nil, usage("--histogram must be a field, a path of keys with dots between them")
	}
	order, err := f.sort.order()
	if err != nil {
		return nil, err
	}
	if order != nil {
		f.options.Sort = order
	}
	if err := f.shown.check(f.cmd); err != nil {
		return nil, err
	}
	if err := f.limits.apply(&f.options); err != nil {
		return nil, err
	}
	f.options.KeysOnly = f.ids
	return f.source.readOnly(f.app, f.cmd, f.args[2:])
}

// run does what the flags say.
func (f *finder) run(ctx context.Context, col anyCollection, q kuzzlite.Query) error {
	switch {
	case f.explain:
		return f.explanation(ctx, col, q)
	case f.histogram != "":
		return f.drawHistogram(ctx, col, q)
	case f.options.Limit > 0:
		return f.page(ctx, col, q)
	}
	list := f.newList()
	for doc, err := range col.Find(ctx, q, &f.options) {
		if err != nil {
			return err
		}
		if err := list.add(f.row(doc)); err != nil {
			return err
		}
	}
	return list.end()
}
