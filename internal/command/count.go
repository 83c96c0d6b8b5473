package command

import (
	"context"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) count() *cobra.Command {
	var source querySource
	var limits queryLimits
	cmd := &cobra.Command{
		Use:   "count INDEX COLLECTION [QUERY]",
		Short: "Print the number of documents in a collection, or of those that match a query",
		Long: `Count prints how many documents a collection has, without reading them; with a query, how many match. If the
collection is absent the exit code is 3.

` + queryHelp,
		Example: `  kuzzlite count --db quakes.db usgs earthquakes
  kuzzlite count --db quakes.db usgs earthquakes 'magnitude.value >= 5'`,
		Args: withQuery,
	}
	source.flags(cmd)
	limits.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o := kuzzlite.FindOptions{KeysOnly: true}
		q, err := source.readOnly(a, cmd, args[2:])
		if err == nil {
			err = limits.apply(&o)
		}
		if err != nil {
			return err
		}
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
			n, err := countFound(ctx, col, q, &o)
			if err != nil {
				return limits.exceeded(ctx, err)
			}
			return a.out.line(strconv.AppendUint(nil, n, 10))
		})
	}
	return cmd
}

// countFound counts the documents that match a query, which is nil for all.
func countFound(
	ctx context.Context, col anyCollection, q kuzzlite.Query, o *kuzzlite.FindOptions,
) (n uint64, err error) {
	if q == nil {
		return col.Count(ctx)
	}
	for _, err := range col.Find(ctx, q, o) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
