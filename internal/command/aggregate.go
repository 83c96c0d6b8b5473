package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
	"github.com/spf13/cobra"
)

// aggregator is one run of aggregate.
type aggregator struct {
	app    *app
	source querySource
	limits queryLimits
	chart  bool
}

func (a *app) aggregate() *cobra.Command {
	g := &aggregator{app: a}
	cmd := &cobra.Command{
		Use:   "aggregate INDEX COLLECTION AGGREGATIONS [QUERY]",
		Short: "Count and compute over the documents that match a query",
		Long: `Aggregate computes Elasticsearch's aggregations over the documents that match a query, or over all, and prints
the answer as JSON. If the collection is absent the exit code is 3.

AGGREGATIONS is JSON, the "aggs" of an Elasticsearch search, or @FILE, @- for standard input:
'{"by":{"terms":{"field":"network"},"aggs":{"mean":{"avg":{"field":"magnitude.value"}}}}}'. docs/aggregations.md
has a list of the types. Values count as their JSON types say, or the mapping of the collection. --chart draws how
many documents the buckets at the top have, as bars, instead.

` + queryHelp,
		Example: `  kuzzlite aggregate --db quakes.db usgs earthquakes '{"by":{"terms":{"field":"network"}}}' --chart
  kuzzlite aggregate --db quakes.db usgs earthquakes '{"m":{"max":{"field":"magnitude.value"}}}' 'network = "us"'`,
		Args: positional,
	}
	g.source.flags(cmd)
	cmd.Flags().BoolVar(&g.chart, "chart", false, "draw the buckets as bars")
	g.limits.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request, err := g.request(args[2])
		if err != nil {
			return err
		}
		o := kuzzlite.FindOptions{}
		q, err := g.source.readOnly(a, cmd, args[3:])
		if err == nil {
			err = g.limits.apply(&o)
		}
		if err != nil {
			return err
		}
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
			answer, err := aggregated(ctx, col, q, &o, request)
			if err != nil {
				return g.limits.exceeded(ctx, err)
			}
			return g.print(answer)
		})
	}
	return cmd
}

// request reads the aggregations.
func (g *aggregator) request(given string) (*aggregation.Request, error) {
	text := []byte(given)
	if name, isFile := strings.CutPrefix(given, "@"); isFile {
		var err error
		if text, err = readQueryFile(name, g.app.stdin); err != nil {
			return nil, err
		}
	}
	request, err := aggregation.Parse(text)
	if err == nil {
		return request, nil
	}
	f := &failure{code: exitUsage, err: fmt.Errorf("AGGREGATIONS: %w", err)}
	if text := strings.TrimSpace(string(text)); text != "" && text[0] == '{' && hasKey([]byte(text), "aggs") {
		f.hint = `AGGREGATIONS is the value of "aggs" of a search request`
	}
	return nil, f
}

// aggregated computes the answer over the documents that a query finds, which is nil for all.
func aggregated(
	ctx context.Context, col anyCollection, q kuzzlite.Query, o *kuzzlite.FindOptions, request *aggregation.Request,
) (json.RawMessage, error) {
	schema, err := schemaOf(ctx, col)
	if err != nil {
		return nil, err
	}
	collector := request.Collector(nil)
	in, err := collector.Input("", schema)
	if err != nil {
		return nil, asUsage(err)
	}
	if _, err := col.Aggregate(ctx, q, in, o); err != nil {
		return nil, asUsage(err)
	}
	answer, err := collector.Answer()
	return answer, asUsage(err)
}

// asUsage returns an error of aggregations as one of what was asked for.
func asUsage(err error) error {
	if errors.Is(err, query.ErrInvalid) {
		return &failure{code: exitUsage, err: err}
	}
	return err
}

// print prints the answer, or draws it.
func (g *aggregator) print(answer json.RawMessage) error {
	if !g.chart {
		return g.app.out.line(answer)
	}
	if _, err := g.app.out.WriteString(drawAggregations(answer, g.app.out.columns())); err != nil {
		return outputError(err)
	}
	return nil
}

// drawAggregations draws how many documents are in the buckets of each aggregation. What has no buckets is written as
// JSON.
func drawAggregations(answer json.RawMessage, width int) string {
	var s strings.Builder
	for name, result := range inOrder(answer) {
		list, ok := bucketsOf(result)
		switch {
		case !ok:
			fmt.Fprintf(&s, "%s: %s\n", printable(name), result)
		case len(list) == 0:
			fmt.Fprintf(&s, "%s: no buckets\n", printable(name))
		default:
			fmt.Fprintf(&s, "%s: %s\n", printable(name), counted(uint64(len(list)), "bucket"))
			s.WriteString(chart(width, []bars{{list: list}}))
		}
	}
	return s.String()
}

// bucketsOf returns the buckets of a result as bars; ok is false if it has no list of them.
func bucketsOf(result json.RawMessage) (list []bar, ok bool) {
	var buckets json.RawMessage
	for name, value := range inOrder(result) {
		if name == "buckets" {
			buckets = value
		}
	}
	switch {
	case len(buckets) == 0:
		return nil, false
	case buckets[0] == '{':
		for name, b := range inOrder(buckets) {
			list = append(list, bucketBar(name, b))
		}
		return list, true
	}
	var elements []json.RawMessage
	_ = json.Unmarshal(buckets, &elements) // the answer is valid JSON
	for i, b := range elements {
		list = append(list, bucketBar(fmt.Sprint(i), b))
	}
	return list, true
}

// bucketBar returns the bar of a bucket. A bucket without a key has the name.
func bucketBar(name string, raw json.RawMessage) bar {
	var b struct {
		Key   json.RawMessage
		Text  string  `json:"key_as_string"`
		Count float64 `json:"doc_count"`
	}
	_ = json.Unmarshal(raw, &b)
	switch {
	case b.Text != "":
		name = b.Text
	case len(b.Key) > 0:
		name = textLabel(string(b.Key))
	}
	return bar{cut(printable(name), longestText), b.Count}
}

// inOrder steps through the members of an object, none of any other value.
func inOrder(value json.RawMessage) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		d := json.NewDecoder(bytes.NewReader(value))
		if open, err := d.Token(); err != nil || open != json.Delim('{') {
			return
		}
		for d.More() {
			key, err := d.Token()
			name, ok := key.(string)
			var member json.RawMessage
			if err != nil || !ok || d.Decode(&member) != nil || !yield(name, member) {
				return
			}
		}
	}
}
