package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// Salvaging what is left of a whole damaged store, as a dump. For one collection there is export --skip-damaged.

// salvager is one run of salvage.
type salvager struct {
	app          *app
	path         string // of the store
	out, unknown string // files
	force        bool

	dump     dumpWriter
	others   *exporter       // of documents of unknown collections
	lines    map[string]bool // indexes and collections that have their line
	names    *kuzzlite.Store // which tells names that can be from those that cannot
	unplaced uint64          // documents of collections whose names cannot be
	written  uint64          // documents of unknown collections
	report   *kuzzlite.SalvageReport
}

func (a *app) salvage() *cobra.Command {
	s := &salvager{app: a}
	cmd := &cobra.Command{
		Use:         "salvage",
		Annotations: map[string]string{outsideOnly: "it needs the store closed"},
		Short:       "Write what can be read of a damaged store, so that load reads it",
		Long: `Salvage reads a store that may be damaged, page by page, also one that no other command can open, and
writes the documents that it finds in the form of a dump, to --out or to standard output, in any order.
Load makes a new store of that. Each document is as its own checksum says it was written, with its version and
its times, and mappings of collections are found, too; empty collections without one are not, nor indexes of
fields. Salvage changes nothing in the
damaged store.

Where the names of collections are lost, as often in a file that is cut short, the change feed tells of
which collection the documents are that were written last: the newest 100,000 changes, unless the program
keeps more or fewer. Documents of which nobody knows the collection any more go to a file of their own,
--unknown, as {"_id": "…", "changes": {…}}, which import and mupsert read: they can be older than what is
in the dump, and the same id can come several times. Without --unknown they are left out.

What had to be left out, and what is in doubt, is told on standard error, and then the exit code is 1. It
is 0 if everything was found, as in a sound store. If the store is absent the exit code is 3. Files
that are present are refused; --force replaces that of --out. It is there whole or not at all, and
compressed if its name ends in .gz or .zst.`,
		Example: `  kuzzlite salvage --db damaged.db --out saved.ndjson --unknown others.ndjson
  kuzzlite salvage --db damaged.db | kuzzlite load --db new.db`,
		Args: positional,
	}
	f := cmd.Flags()
	f.StringVar(&s.out, "out", "", "`FILE` to write to; default standard output")
	f.StringVar(&s.unknown, "unknown", "", "`FILE` for documents of unknown collections")
	forceFlag(cmd, &s.force)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := s.check(); err != nil {
			return err
		}
		names, err := kuzzlite.OpenMemory(nil)
		if err != nil {
			return err
		}
		defer names.Close()
		s.names, s.lines = names, map[string]bool{}
		if err := s.run(cmd.Context()); err != nil {
			return err
		}
		return s.tell()
	}
	return cmd
}

// check refuses what cannot be done, before anything is read.
func (s *salvager) check() error {
	at, err := s.app.locateOwn("salvage")
	switch {
	case err != nil:
		return err
	case !at.isFile():
		return usage("salvage is for a store in a file, and %s is none", s.app.db)
	case s.unknown == "-" || s.unknown != "" && isFile(s.out) && resolved(s.unknown) == resolved(s.out):
		return usage("--unknown must be a file of its own")
	}
	s.path = at.place
	for _, err := range []error{s.app.mustBeThere(s.path), s.app.checkOutput(s.out, s.force)} {
		if err != nil {
			return err
		}
	}
	if s.unknown != "" {
		return cmp.Or(s.app.notOfStore(s.unknown), free(s.unknown))
	}
	return nil
}

// errNothing takes a file away again that nothing was written to.
var errNothing = errors.New("nothing was written")

// run writes the files.
func (s *salvager) run(ctx context.Context) error {
	toOut := func() error {
		return s.app.toFile(s.out, s.force, func(w io.Writer) error { return s.write(ctx, w) })
	}
	if s.unknown == "" {
		return toOut()
	}
	err := wholeFile(s.unknown, false, func(w io.Writer) error {
		s.others = &exporter{w: w}
		if err := toOut(); err != nil {
			return err
		}
		if s.written == 0 {
			return errNothing
		}
		return nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// write writes the dump.
func (s *salvager) write(ctx context.Context, w io.Writer) error {
	s.dump.w = w
	if err := s.dump.head(); err != nil {
		return err
	}
	err := s.app.patiently(ctx, func(time.Duration) (err error) {
		s.report, err = kuzzlite.Salvage(ctx, s.path, func(d kuzzlite.Salvaged) error { return s.found(ctx, &d) })
		return err
	})
	if err != nil {
		return err
	}
	if err := s.mappings(ctx); err != nil {
		return err
	}
	return s.dump.end()
}

// mappings writes the mappings that were found.
func (s *salvager) mappings(ctx context.Context) error {
	for _, where := range slices.Sorted(maps.Keys(s.report.Mappings)) {
		index, collection, _ := strings.Cut(where, "/")
		ok, err := s.hasLine(ctx, index, collection)
		if err == nil && ok {
			err = s.dump.mapping(index, collection, s.report.Mappings[where])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// found writes a document.
func (s *salvager) found(ctx context.Context, d *kuzzlite.Salvaged) error {
	if d.Index == "" {
		return s.ofUnknown(d)
	}
	ok, err := s.hasLine(ctx, d.Index, d.Collection)
	switch {
	case err != nil:
		return err
	case !ok:
		s.unplaced++
		return s.ofUnknown(d)
	}
	return s.dump.document(d.Index, d.Collection, &d.Document)
}

// hasLine writes the line of a collection, if it has none yet, and says whether it can have one: a name that is damaged
// can be any bytes, and load would refuse it.
func (s *salvager) hasLine(ctx context.Context, index, collection string) (bool, error) {
	where := index + "/" + collection
	if s.lines[where] {
		return true, nil
	}
	if err := s.names.CreateCollection(ctx, index, collection); errors.Is(err, kuzzlite.ErrInvalid) {
		return false, nil
	}
	if err := s.places(index, collection); err != nil {
		return false, err
	}
	s.lines[where] = true
	return true, nil
}

// places writes the lines of a collection, and of its index, that is met for the first time.
func (s *salvager) places(index, collection string) error {
	if !s.lines[index] {
		if err := s.dump.index(index); err != nil {
			return err
		}
		s.lines[index] = true
	}
	return s.dump.collection(index, collection)
}

// ofUnknown writes a document of an unknown collection.
func (s *salvager) ofUnknown(d *kuzzlite.Salvaged) error {
	if s.others == nil {
		return nil
	}
	s.written++
	return s.others.document(s.others.w, &d.Document)
}

// tell says what was found and what was not.
func (s *salvager) tell() error {
	s.report.Unknown += s.unplaced
	to := ""
	if isFile(s.out) {
		to = " to " + s.out
	}
	fmt.Fprintf(s.app.stderr, "salvaged%s: %v\n", to, s.dump.counts)
	s.app.leftOut(s.report, s.unknown)
	if !s.report.Complete() {
		return documentsFailed()
	}
	return nil
}
