package command

import (
	"context"
	"fmt"
	"io"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

func (a *app) export() *cobra.Command {
	e := &exporter{}
	cmd := &cobra.Command{
		Use:   "export INDEX COLLECTION [FILE|-]",
		Short: "Write all documents as NDJSON that import and mupsert read",
		Long: `Export writes every document of a collection as {"_id": "…", "changes": {…}}, one a line, in the order of their
ids and byte for byte as stored, to FILE or to standard output. Import makes the same documents from
that; mupsert merges them into others. Versions and times are not exported: dump keeps them. FILE is
there whole or not at all, and compressed if its name ends in .gz or .zst. If FILE is present it is
refused, never overwritten. If the collection is absent the exit code is 3.

At a damaged document it stops. With --skip-damaged it writes what can be read, also of a store that no
other command but salvage can open, in any order; it says on standard error what of the store had to be left out,
and if anything was, or is in doubt, the exit code is 1. Where it is no longer known which collection
documents belong to, --unknown writes them to a file of their own: they can be older than what is in
FILE, and the same id can come several times.`,
		Example: `  kuzzlite export --db quakes.db usgs earthquakes quakes.ndjson
  kuzzlite export --db quakes.db usgs earthquakes quakes.ndjson.gz
  kuzzlite export --db damaged.db --skip-damaged --unknown others.ndjson usgs earthquakes saved.ndjson`,
		Args: positional,
	}
	f := cmd.Flags()
	f.BoolVar(&e.skipDamaged, "skip-damaged", false, "write what can be read of a damaged store")
	f.StringVar(&e.unknown, "unknown", "", "with --skip-damaged, `file` for documents of unknown collections")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case e.skipDamaged:
			return a.exportDamaged(cmd.Context(), args, e)
		case e.unknown != "":
			return usage("--unknown is for --skip-damaged")
		}
		return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
			return a.exportTo(args, e, func() error { return e.collection(ctx, col) })
		})
	}
	return cmd
}

// exportTo runs all, which writes to e.w, with the output that the arguments name.
func (a *app) exportTo(args []string, e *exporter, all func() error) error {
	if len(args) < 3 || args[2] == "-" {
		e.w = a.out
		return all()
	}
	if err := a.notOfStore(args[2]); err != nil {
		return err
	}
	err := wholeFile(args[2], false, func(w io.Writer) error {
		e.w = w
		return all()
	})
	if err == nil {
		fmt.Fprintf(a.stderr, "exported %s to %s\n", counted(e.written, "document"), args[2])
	}
	return err
}

// An exporter writes documents.
type exporter struct {
	w           io.Writer
	skipDamaged bool
	path        string // of the damaged store
	unknown     string // file for documents of unknown collections

	written uint64
	line    []byte
}

// collection writes all documents of a collection.
func (e *exporter) collection(ctx context.Context, col anyCollection) error {
	for doc, err := range col.All(ctx, nil) {
		if err != nil {
			return err
		}
		if err := e.document(e.w, &doc); err != nil {
			return err
		}
		e.written++
	}
	return nil
}

// document writes one document.
func (e *exporter) document(w io.Writer, doc *kuzzlite.Document) error {
	line := appendJSON(append(e.line[:0], `{"_id":`...), doc.ID)
	line = append(append(line, `,"changes":`...), doc.Source...)
	e.line = append(line, "}\n"...)
	if _, err := w.Write(e.line); err != nil {
		return outputError(err)
	}
	return nil
}
