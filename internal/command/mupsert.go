package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// mupsertFlags are the flags of mupsert beside those of all writing verbs.
type mupsertFlags struct {
	target
	plain    plainInput
	batch    int
	json     bool
	goOn     bool
	defaults choice
	merge    choice
}

// mupsert is the verb all others are built around.
func (a *app) mupsert() *cobra.Command {
	var f mupsertFlags
	cmd := &cobra.Command{
		Use:   "mupsert INDEX COLLECTION [FILE|-]",
		Short: "Merge changes into documents, and create what is missing",
		Long: `Mupsert reads items {"_id": "…", "changes": {…}, "default": {…}} and applies them in order.
A document that exists gets the changes merged in; one that is absent is created from the changes and
the default (which may be left out). Changes that change nothing write nothing.

The input, FILE or standard input, is NDJSON (one item a line), JSON objects one after another, a JSON
array of items, or the body of a request, {"documents": [item, …]}, alone or within the request. It is
recognised by itself, compressed by gzip or zstd as well, and read in flat memory. An item takes 64 MiB
at most. What is wrong with one is listed with its line, and the rest goes on; but after a bracket that
is missing nothing can be read, except in NDJSON. An item may have "ifVersion": N, and is refused if the
document is at another version, or "ifAbsent": true, and is refused if there is one. Other keys are
ignored, as Kuzzle does, and named if they look mistyped.

` + plainHelp + `

Items are committed in batches; each batch is on disk, whole, before the next begins. After an
interrupt, or an error of the store, the last lines say how far it came and how to go on. With
--strict it stops after the first batch in which a document failed (the others of the batch are
written). It stops as well if nothing has succeeded and 100 items or more have failed, all in the same
way, unless --keep-going is given. With --atomic the whole input is one batch, held in memory: all of
it is written or nothing. A store in a file is locked as long as the input lasts. After a crash run the same
command again: what is there already is unchanged. With --create a store that is missing is made with the
first document that can be written, and so are the index and the collection: input that is refused, or
empty, leaves none, and empty input is an error then.

Exit codes: 0 all documents are as asked, 1 some failed, 2 wrong usage, 3 store, input or interrupt.`,
		Example: `  kuzzlite mupsert --db quakes.db --create usgs earthquakes earthquakes.ndjson
  kuzzlite mupsert --db shop.db --create --csv --id-field sku shop articles articles.csv
  echo '{"_id":"c1","changes":{"total":12},"default":{"state":"open"}}' | kuzzlite mupsert --db shop.db shop carts`,
		Args: positional,
	}
	f.target.flags(cmd, true)
	f.target.metadataFlag(cmd)
	f.target.expiry.flags(cmd)
	f.plain.flags(cmd)
	keepGoingFlag(cmd, &f.goOn)
	f.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd); err != nil {
			return err
		}
		in, size, err := a.openInput(args)
		if err != nil {
			return err
		}
		defer in.Close()
		return a.withDestination(cmd, args, &f.target, func(ctx context.Context, d *destination) error {
			r := newItemReader(in)
			f.plain.apply(r)
			return f.loader(d, &loader{
				app: a, cmd: cmd, args: args, in: r, limits: limits{f.batch, maxBatchBytes},
				strict: f.write.Strict, atomic: f.write.Atomic, goOn: f.goOn, report: a.newReport(size, f.json),
			}).load(ctx)
		})
	}
	return cmd
}

// loader has a loader write to the destination.
func (f *mupsertFlags) loader(d *destination, l *loader) *loader {
	l.look, l.lacked = new(ignoredKeys).find, d.lacked
	write := func(ctx context.Context, col anyCollection, b *batch) (*kuzzlite.Result, error) {
		tellOddKeys(l.report, b)
		if f.write.Atomic && len(b.bad) > 0 { // reason enough
			b.spans = nil
		}
		return mupsertBatch(ctx, col, b, &f.write)
	}
	l.write = func(ctx context.Context, b *batch) (*kuzzlite.Result, error) { return d.write(ctx, b, write) }
	// An answer has to wait for the end, and so holds it all in memory.
	if !l.atomic || l.report.answer != nil || !d.hasTransactions() {
		return l
	}
	l.inOne = func(ctx context.Context, load func(context.Context) error) error {
		return d.inOne(ctx, func(ctx context.Context, col anyCollection) error {
			o := f.write
			o.Atomic = false
			l.write = func(ctx context.Context, b *batch) (*kuzzlite.Result, error) {
				tellOddKeys(l.report, b)
				return mupsertBatch(ctx, col, b, &o)
			}
			return load(ctx)
		})
	}
	return l
}

func (f *mupsertFlags) flags(cmd *cobra.Command) {
	f.defaults = choice{value: "fill", allowed: []string{"fill", "shallow"}}
	f.merge = choice{value: "es", allowed: []string{"es", "rfc7396"}}
	fs := cmd.Flags()
	fs.BoolVar(&f.write.Strict, "strict", false, "stop after the first batch in which a document failed")
	fs.BoolVar(&f.write.Atomic, "atomic", false, "write the whole input or nothing: up to 256 MiB, which are held in memory")
	fs.Var(&f.defaults, "defaults",
		"what the default does in a new document: it fills in what the changes lack (fill), or its keys win as in Kuzzle (shallow)")
	fs.Var(&f.merge, "merge", "what null in changes does: it is stored as in Elasticsearch (es), or it removes (rfc7396)")
	fs.IntVar(&f.batch, "batch", defaultBatchItems, "documents per commit, at most")
	fs.BoolVar(&f.json, "json", false, `print {"successes": […], "errors": […]} as Kuzzle answers`)
	for name, c := range map[string]*choice{"defaults": &f.defaults, "merge": &f.merge} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.allowed, cobra.ShellCompDirectiveNoFileComp))
	}
}

// check refuses values that make no sense, and takes the rest into the write options. Documents are not returned to who
// does not print them: a server would send them back.
func (f *mupsertFlags) check(cmd *cobra.Command) error {
	switch {
	case f.batch < 1:
		return wholeNumber("batch", true)
	case f.write.Atomic && cmd.Flags().Changed("batch"):
		return usage("--atomic makes one batch of the whole input: leave --batch out")
	}
	if err := f.plain.check(cmd); err != nil {
		return err
	}
	f.write.NoSource = !f.json
	if f.defaults.value == "shallow" {
		f.write.OnCreate = kuzzlite.DefaultsShallow
	}
	if f.merge.value == "rfc7396" {
		f.write.Merge = kuzzlite.MergePatch
	}
	return nil
}

// mupsertBatch writes a batch as it was read. Only if the library finds that it is no JSON array are the items looked
// at one by one, and those that are no JSON moved to the bad ones: so valid input is parsed once.
func mupsertBatch(
	ctx context.Context, col anyCollection, b *batch, o *kuzzlite.WriteOptions,
) (*kuzzlite.Result, error) {
	res, err := col.MUpsertJSON(ctx, b.array(), o)
	refused := res == nil && (errors.Is(err, kuzzlite.ErrInvalid) || errors.Is(err, kuzzlite.ErrTooLarge))
	if !refused || b.dropInvalid() == 0 {
		return res, err
	}
	if o.Atomic {
		b.spans = nil // the bad ones are reason enough
	}
	return col.MUpsertJSON(ctx, b.array(), o)
}

// choice is a flag with few values.
type choice struct {
	value   string
	allowed []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.allowed, "|") }

func (c *choice) Set(s string) error {
	for _, a := range c.allowed {
		if s == a {
			c.value = s
			return nil
		}
	}
	return fmt.Errorf("it must be %s", strings.Join(c.allowed, " or "))
}
