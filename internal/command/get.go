package command

import (
	"context"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) get() *cobra.Command {
	path := ""
	cmd := &cobra.Command{
		Use:   "get INDEX COLLECTION ID",
		Short: "Print a document",
		Long: `Get prints a document as {"_id", "_source", "_version"}, the source byte for byte as it is stored: on one line
when piped, indented on a terminal. If the document is absent the exit code is 1.

With --path it prints what the document has at a path of gjson, such as a.b, items.0.price or items.#,
as JSON; if that is absent the exit code is 1 as well.`,
		Example: `  kuzzlite get --db quakes.db usgs earthquakes ci37868143
  kuzzlite get --db quakes.db usgs earthquakes ci37868143 --path magnitude.value`,
		Args: positional,
	}
	cmd.Flags().StringVar(&path, "path", "", "print what is at this `PATH`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if path == "" && cmd.Flags().Changed("path") {
			return usage("--path is empty")
		}
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
			doc, err := col.Get(ctx, args[2])
			if err != nil {
				return err
			}
			if path == "" {
				return a.out.line(doc.AppendJSON(nil))
			}
			return a.printPart(&doc, path)
		})
	}
	return cmd
}

// printPart prints what a document has at a path.
func (a *app) printPart(doc *kuzzlite.Document, path string) error {
	part := doc.Get(path)
	if !part.Exists() {
		return &failure{exitFailed, fmt.Errorf("document %q in %s/%s has nothing at %q", doc.ID, a.index, a.collection, path),
			"`" + a.hint("get", a.index, a.collection, doc.ID) + "` prints all of it"}
	}
	if part.Raw == "" { // a number that gjson counted
		return a.out.line(appendJSON(nil, part.Value()))
	}
	return a.out.line([]byte(part.Raw))
}
