package command

import (
	"context"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) count() *cobra.Command {
	return &cobra.Command{
		Use:   "count INDEX COLLECTION",
		Short: "Print the number of documents in a collection",
		Long: `Count prints how many documents a collection has, without reading them. If the collection is absent the exit
code is 3.`,
		Example: `  kuzzlite count --db quakes.db usgs earthquakes`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCollection(cmd, args, reading, func(ctx context.Context, col *kuzzlite.Collection) error {
				n, err := col.Count(ctx)
				if err != nil {
					return err
				}
				return a.out.line(strconv.AppendUint(nil, n, 10))
			})
		},
	}
}
