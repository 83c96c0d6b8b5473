package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/spf13/cobra"
)

// searcher is one run of search.
type searcher struct {
	app *app
	cmd *cobra.Command
	shown
	source querySource
	limits queryLimits
	body   searchBody

	all, asJSON, chart bool
}

func (a *app) search() *cobra.Command {
	s := &searcher{app: a}
	cmd := &cobra.Command{
		Use:   "search INDEX COLLECTION [SEARCH]",
		Short: "List the documents that match a search best, with their scores",
		Long: `Search lists the documents that match best, with their scores, as Elasticsearch has them: NDJSON when piped, a
table on a terminal. Standard error says how many match, if not all are listed. If the collection is absent
the exit code is 3.

SEARCH is the body of an Elasticsearch search as JSON, or @FILE, - or @- for standard input:
'{"query":{"match":{"place":"alaska"}},"sort":["_score"],"size":3,"aggs":{…}}'. docs/queries.md has a list of
the keys. Anything else is a query in the short language of find, so that flags have the rest.

--from and --size say which hits are listed, the first ten by default. --sort is as for find, and _score is a
field, the best scores first; with --after come the hits behind those values, as "sort" of the last hit has
them, in an array. --all lists all hits of one state of the store, in order.

Aggregations are drawn as bars below the hits, on a terminal or with --chart, as far as they have buckets.
When piped, or with --json, they are part of one object, {"total": …, "hits": […], "aggregations": {…}}.`,
		Example: `  kuzzlite search --db quakes.db usgs earthquakes 'place ~ "northern california"' --size 3
  kuzzlite search --db quakes.db usgs earthquakes '{"query":{"match":{"place":"alaska"}},"aggs":{"net":{"terms":{"field":"network"}}}}'`,
		Args: withQuery,
	}
	s.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s.cmd = cmd
		request, err := s.check(args[2:])
		if err != nil {
			return err
		}
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
			err := s.run(ctx, col, request)
			if errors.Is(err, query.ErrInvalid) {
				return &failure{code: exitUsage, err: err}
			}
			return s.limits.exceeded(ctx, err)
		})
	}
	return cmd
}

func (s *searcher) flags(cmd *cobra.Command) {
	s.source.flags(cmd)
	s.body.flags(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&s.all, "all", false, "list all hits")
	s.shown.flags(cmd)
	flags.BoolVar(&s.asJSON, "json", false, "print one JSON object, with the total and the aggregations")
	flags.BoolVar(&s.chart, "chart", false, "draw the buckets of aggregations as bars")
	s.limits.flags(cmd)
}

// check reads the search, and refuses flags that make no sense together.
func (s *searcher) check(args []string) (*wire.Search, error) {
	flags := s.cmd.Flags()
	for _, two := range [][2]string{
		{"all", "json"}, {"all", "chart"}, {"json", "chart"}, {"json", "ids"}, {"json", "fields"},
	} {
		if flags.Changed(two[0]) && flags.Changed(two[1]) {
			return nil, usage("give --%s or --%s, not both", two[0], two[1])
		}
	}
	if err := s.shown.check(s.cmd); err != nil {
		return nil, err
	}
	request := &wire.Search{}
	body, rest, err := s.bodyOf(args)
	if err != nil {
		return nil, err
	}
	q, err := s.source.readOnly(s.app, s.cmd, rest)
	if err != nil {
		return nil, err
	}
	if request.Query, err = wire.QueryOf(q); err != nil {
		return nil, err
	}
	if request.Query != nil && hasKey(body, "query") {
		return nil, usage(`give a query in SEARCH or with a flag, not both`)
	}
	if body, err = s.body.merge(s.cmd, body); err != nil {
		return nil, err
	}
	request.Body = wire.Text(body)
	return request, s.settle(request)
}

// settle checks what can be checked without a store, and sets the limits.
func (s *searcher) settle(request *wire.Search) error {
	o := kuzzlite.FindOptions{}
	if err := s.limits.apply(&o); err != nil {
		return err
	}
	request.Timeout, request.MaxScan = o.Timeout, o.MaxScan
	r, err := request.Library()
	switch {
	case err != nil:
		return &failure{code: exitUsage, err: fmt.Errorf("SEARCH: %w", err)}
	case s.chart && r.Aggregations == nil:
		return usage(`--chart draws aggregations, and the search has no "aggs"`)
	case s.all && r.Aggregations != nil:
		return usage("--all lists hits: leave --all out for aggregations")
	case s.all && r.Size < 0:
		return usage("--all lists hits: a size of 0 lists none")
	}
	return nil
}

// bodyOf returns the body, and the arguments that are left: a query in the short language.
func (s *searcher) bodyOf(args []string) (body []byte, rest []string, err error) {
	if len(args) == 0 {
		return nil, nil, nil
	}
	name, isFile := strings.CutPrefix(args[0], "@")
	switch {
	case args[0] == "-":
		name, isFile = "-", true
	case !isFile && strings.IndexAny(strings.TrimSpace(args[0]), "{[") == 0: // no query in the short language begins so
		return []byte(args[0]), nil, nil
	case !isFile:
		return nil, args, nil
	}
	if body, err = readQueryFile(name, s.app.stdin); err == nil && len(strings.TrimSpace(string(body))) == 0 {
		err = usage("SEARCH is empty: it must be JSON")
	}
	return body, nil, err
}

// run lists what is found.
func (s *searcher) run(ctx context.Context, col anyCollection, request *wire.Search) error {
	list := &hitList{searcher: s}
	if s.all {
		for hit, err := range col.SearchAll(ctx, request) {
			if err == nil {
				err = list.add(&hit)
			}
			if err != nil {
				return err
			}
		}
		return list.end()
	}
	found, err := col.Search(ctx, request)
	if err != nil {
		return err
	}
	withAggregations := found.Aggregations != nil
	if s.asJSON || withAggregations && !s.chart && !s.app.out.terminal {
		return s.app.out.line(found.AppendJSON(nil))
	}
	for i := range found.Hits {
		if err := list.add(&found.Hits[i]); err != nil {
			return err
		}
	}
	if len(found.Hits) > 0 || !withAggregations {
		if err := list.end(); err != nil {
			return err
		}
	}
	if withAggregations {
		if err := s.draw(found.Aggregations); err != nil {
			return err
		}
	}
	if len(found.Hits) < found.Total {
		fmt.Fprintf(s.app.stderr, "%d of %s\n", len(found.Hits), counted(uint64(found.Total), "document"))
	}
	return nil
}

// draw draws aggregations below the hits.
func (s *searcher) draw(aggregations json.RawMessage) error {
	if _, err := s.app.out.WriteString(drawAggregations(aggregations, s.app.out.columns())); err != nil {
		return outputError(err)
	}
	return s.app.out.Flush()
}
