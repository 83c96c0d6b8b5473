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
	e := &exporter{stderr: a.stderr}
	cmd := &cobra.Command{
		Use:   "export INDEX COLLECTION [FILE|-]",
		Short: "Write all documents as NDJSON that import and mupsert read",
		Long: `Export writes every document of a collection as {"_id": "…", "changes": {…}}, one a line, in the order of their
ids and byte for byte as stored, to FILE or to standard output. Import makes the same documents from
that; mupsert merges them into others. Versions and times are not exported: backup keeps them.
If FILE is present it is refused, never overwritten. If the collection is absent the exit code is 3.

At a damaged document it stops. With --skip-damaged it lists that on standard error and goes on with
the next; if any was left out the exit code is 1.`,
		Example: `  kuzzlite export --db quakes.db usgs earthquakes quakes.ndjson
  kuzzlite export --db quakes.db usgs earthquakes | gzip > quakes.ndjson.gz
  kuzzlite export --db damaged.db --skip-damaged usgs earthquakes saved.ndjson`,
		Args: positional,
	}
	cmd.Flags().BoolVar(&e.skipDamaged, "skip-damaged", false, "leave damaged documents out, and list them")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col *kuzzlite.Collection) error {
			e.col = col
			if len(args) < 3 || args[2] == "-" {
				e.w = a.out
				if err := e.all(ctx); err != nil {
					return err
				}
				return e.left()
			}
			if err := e.file(ctx, args[2]); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "exported %s to %s\n", counted(e.written, "document"), args[2])
			return e.left()
		})
	}
	return cmd
}

// An exporter writes the documents of a collection.
type exporter struct {
	col         *kuzzlite.Collection
	w           io.Writer
	stderr      io.Writer
	skipDamaged bool

	written, skipped uint64
	line             []byte
}

// file writes to a new file, and takes it away again if it cannot be completed.
func (e *exporter) file(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return &failure{exitStore, fmt.Errorf("%s is there already", path), "choose another name, or remove it first"}
	}
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 256<<10)
	e.w = w
	if err = errors.Join(e.all(ctx), w.Flush(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// all writes all documents. Behind a damaged one that may be left out it begins again.
func (e *exporter) all(ctx context.Context) error {
	after := ""
	for {
		err := e.from(ctx, after)
		var d *kuzzlite.DocumentError
		damaged := errors.Is(err, kuzzlite.ErrCorrupt) && errors.As(err, &d) && d.ID > after
		if !e.skipDamaged || !damaged {
			return err
		}
		fmt.Fprintln(e.stderr, printable(err.Error()))
		e.skipped++
		after = d.ID
	}
}

// from writes the documents after an id.
func (e *exporter) from(ctx context.Context, after string) error {
	for doc, err := range e.col.All(ctx, &kuzzlite.ListOptions{After: after}) {
		if err != nil {
			return err
		}
		line := appendJSON(append(e.line[:0], `{"_id":`...), doc.ID)
		line = append(append(line, `,"changes":`...), doc.Source...)
		e.line = append(line, "}\n"...)
		if _, err := e.w.Write(e.line); err != nil {
			return outputError(err)
		}
		e.written++
	}
	return nil
}

// left says how many documents were left out.
func (e *exporter) left() error {
	if e.skipped == 0 {
		return nil
	}
	fmt.Fprintf(e.stderr, "left out %s that cannot be read\n", counted(e.skipped, "damaged document"))
	return documentsFailed()
}
