package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// importing is the verb import, which is a keyword.
func (a *app) importing() *cobra.Command {
	t := target{}
	p := plainInput{}
	goOn := false
	n := defaultBatchItems
	cmd := &cobra.Command{
		Use:   "import INDEX COLLECTION [FILE|-]",
		Short: "Bring documents in with exactly the content given",
		Long: `Import reads what export writes: {"_id": "…", "changes": {…}}, in any form that mupsert reads.
Afterwards each of these documents has exactly that content: an absent one is created, a present one is
replaced whole, and its version grows. Documents that are not in the input stay as they are.

` + plainHelp + `

A bad line, or one of more than 64 MiB, is listed with its number, and the rest goes on. Items are
committed in batches, as in mupsert; after an interrupt the last lines say how to go on. A store in a file
is locked as long as the input lasts, so import cannot read through a pipe from an export of the same
store: write that to a file first. After a crash run the same command again: the content is as given
then, though the versions of what is there already grow once more.`,
		Example: `  kuzzlite import --db copy.db --create usgs earthquakes quakes.ndjson
  kuzzlite import --db shop.db --create --id-field sku shop articles articles.json
  kuzzlite export --db a.db shop carts | kuzzlite import --db b.db --create shop carts`,
		Args: positional,
	}
	t.flags(cmd, true)
	t.expiry.flags(cmd)
	p.flags(cmd)
	keepGoingFlag(cmd, &goOn)
	cmd.Flags().IntVar(&n, "batch", n, "documents per commit, at most")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if n < 1 {
			return wholeNumber("batch", true)
		}
		if err := p.check(cmd); err != nil {
			return err
		}
		in, size, err := a.openInput(args)
		if err != nil {
			return err
		}
		defer in.Close()
		return a.withDestination(cmd, args, &t, func(ctx context.Context, d *destination) error {
			r := newItemReader(in)
			p.apply(r)
			t.write.NoSource = true // which nobody prints
			l := &loader{
				app: a, cmd: cmd, args: args, in: r, limits: limits{n, maxBatchBytes},
				goOn: goOn, report: a.newReport(size, false), lacked: d.lacked,
			}
			l.write = func(ctx context.Context, b *batch) (*kuzzlite.Result, error) {
				return d.write(ctx, b, func(ctx context.Context, col anyCollection, b *batch) (*kuzzlite.Result, error) {
					return importBatch(ctx, col, b, &t.write)
				})
			}
			return l.load(ctx)
		})
	}
	return cmd
}

// importBatch writes the items that export could have written, and moves the others to the bad ones.
func importBatch(
	ctx context.Context, col anyCollection, b *batch, o *kuzzlite.WriteOptions,
) (*kuzzlite.Result, error) {
	items := make([]kuzzlite.Write, 0, len(b.spans))
	spans := b.spans[:0]
	for _, s := range b.spans {
		item := b.json[s.start:s.end]
		w, err := readExported(item)
		if err != nil {
			plain := seemsPlain(item) && !hasKey(item, "_source")
			b.bad = append(b.bad, &badItem{place: s.place, reason: err.Error(), plain: plain})
			continue
		}
		items, spans = append(items, w), append(spans, s)
	}
	b.spans = spans
	return col.MCreateOrReplace(ctx, items, o)
}

const exportedForm = `it must be {"_id": "…", "changes": {…}}, as export writes it`

// readExported reads one item. It is strict, because a key that was ignored would be content that is lost. The body is
// for the library to validate.
func readExported(item []byte) (w kuzzlite.Write, err error) {
	dec := json.NewDecoder(bytes.NewReader(item))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return w, errors.New(exportedForm)
	}
	var id, body json.RawMessage
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return w, errors.New(invalidReason(item))
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return w, errors.New(invalidReason(item))
		}
		switch {
		case key == "_id" && id == nil:
			id = value
		case key == "changes" && body == nil:
			body = value
		case key == "_source":
			return w, errors.New("this is the output of get or list; import reads that of export")
		default:
			return w, fmt.Errorf("unexpected key %q: %s; mupsert takes other items", key, exportedForm)
		}
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return w, errors.New(invalidReason(item))
	}
	switch {
	case id == nil:
		return w, errors.New(missingID)
	case body == nil:
		return w, errors.New(exportedForm)
	}
	w.Body = body
	w.ID, err = readID(id)
	return w, err
}

// readID reads the JSON string of an id.
func readID(raw []byte) (string, error) { return readText(raw, "document _id") }

// readText reads a JSON string that is not empty, without encoding/json's repair of what no string of text can hold.
func readText(raw []byte, what string) (text string, err error) {
	if raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return "", errors.New(what + " must be a string")
	}
	repaired := strings.ContainsRune(text, utf8.RuneError) &&
		!bytes.ContainsRune(raw, utf8.RuneError) && !bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`))
	switch {
	case repaired || !utf8.Valid(raw):
		return "", errors.New(what + " must be valid UTF-8")
	case text == "":
		return "", errors.New(what + " must not be empty")
	}
	return text, nil
}
