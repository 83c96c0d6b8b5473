package command

import (
	"context"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) get() *cobra.Command {
	return &cobra.Command{
		Use:   "get INDEX COLLECTION ID",
		Short: "Print a document",
		Long: `Get prints a document as {"_id", "_source", "_version"}, the source byte for byte as it is stored: on one line
when piped, indented on a terminal. If the document is absent the exit code is 1.`,
		Example: `  kuzzlite get --db quakes.db usgs earthquakes ci37868143`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCollection(cmd, args, reading, func(ctx context.Context, col *kuzzlite.Collection) error {
				doc, err := col.Get(ctx, args[2])
				if err != nil {
					return err
				}
				return a.out.line(doc.AppendJSON(nil))
			})
		},
	}
}
