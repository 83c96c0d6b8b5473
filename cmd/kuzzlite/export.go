package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) export() *cobra.Command {
	return &cobra.Command{
		Use:   "export INDEX COLLECTION [FILE|-]",
		Short: "Write all documents as NDJSON that import and mupsert read",
		Long: `Export writes every document of a collection as {"_id": "…", "changes": {…}}, one a line, in the order of their
ids and byte for byte as stored, to FILE or to standard output. Import makes the same documents from
that; mupsert merges them into others. Versions and times are not exported: backup keeps them.
If FILE is present it is refused, never overwritten. If the collection is absent the exit code is 3.`,
		Example: `  kuzzlite export --db quakes.db usgs earthquakes quakes.ndjson
  kuzzlite export --db quakes.db usgs earthquakes | gzip > quakes.ndjson.gz`,
		Args: positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCollection(cmd, args, reading, func(ctx context.Context, col *kuzzlite.Collection) error {
				if len(args) < 3 || args[2] == "-" {
					_, err := exportTo(ctx, a.out, col)
					return err
				}
				n, err := exportFile(ctx, args[2], col)
				if err == nil {
					fmt.Fprintf(a.stderr, "exported %d documents to %s\n", n, args[2])
				}
				return err
			})
		},
	}
}

// exportFile writes to a new file, and takes it away again if it cannot be completed.
func exportFile(ctx context.Context, path string, col *kuzzlite.Collection) (n int, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return 0, &failure{exitStore, fmt.Errorf("%s is there already", path), "choose another name, or remove it first"}
	}
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 256<<10)
	n, err = exportTo(ctx, w, col)
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(path))
	}
	return n, nil
}

func exportTo(ctx context.Context, w io.Writer, col *kuzzlite.Collection) (n int, err error) {
	var line []byte
	for doc, err := range col.All(ctx, nil) {
		if err != nil {
			return n, err
		}
		line = appendJSON(append(line[:0], `{"_id":`...), doc.ID)
		line = append(append(line, `,"changes":`...), doc.Source...)
		if _, err := w.Write(append(line, "}\n"...)); err != nil {
			return n, outputError(err)
		}
		n++
	}
	return n, nil
}
