package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// Exporting what is left of a damaged store. The store is salvaged once to see what there is, and once more to write
// that; a sound store is opened and listed as ever. A store with damaged pages is not opened: they could end the
// process.

// exportDamaged writes the documents of a collection that can be read.
func (a *app) exportDamaged(ctx context.Context, args []string, e *exporter) error {
	if a.session != nil {
		return notInShell("export --skip-damaged", "it needs the store closed")
	}
	a.index, a.collection = args[0], args[1]
	at, err := a.locateOwn("export --skip-damaged")
	switch {
	case err != nil:
		return err
	case !at.isFile():
		return usage("--skip-damaged is for a store in a file, and %s is none", a.db)
	}
	for _, err := range []error{
		a.mustBeThere(at.place), a.notOfStore(append(args[2:], e.unknown)...), free(args[2:]...), free(e.unknown),
	} {
		if err != nil {
			return err
		}
	}
	e.path = at.place
	found := map[string]bool{} // collections
	var r *kuzzlite.SalvageReport
	err = a.patiently(ctx, func(time.Duration) (err error) {
		r, err = kuzzlite.Salvage(ctx, e.path, func(d kuzzlite.Salvaged) error {
			found[d.Index+" "+d.Collection] = true
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	opened := false
	if r.Skipped == 0 && !r.HeaderLost { // it does no harm, and says what the matter is with a log
		err = a.withStore(ctx, reading, kuzzlite.Options{}, func(s anyStore) error {
			if opened = r.Complete(); !opened {
				return nil
			}
			return a.exportTo(args, e, func() error { return e.collection(ctx, s.Collection(a.index, a.collection)) })
		})
		if opened || err != nil && !errors.Is(err, kuzzlite.ErrCorrupt) {
			return err
		}
	}
	return a.exportLeft(ctx, args, e, r, found, err)
}

// exportLeft writes what can be read of a store that is damaged: r and found are what was seen of the store, refusal is
// why it does not open, if that is known.
func (a *app) exportLeft(
	ctx context.Context, args []string, e *exporter, r *kuzzlite.SalvageReport, found map[string]bool, refusal error,
) error {
	if refusal != nil {
		fmt.Fprintln(a.stderr, printable(refusal.Error()))
	}
	var err error
	switch {
	case r.Unknown > 0 && e.unknown != "":
		err = wholeFile(e.unknown, false, func(unknown io.Writer) error { return a.salvageTo(ctx, args, e, unknown) })
	case found[a.index+" "+a.collection]:
		err = a.salvageTo(ctx, args, e, nil)
	default:
		a.leftOut(r, "")
		return a.nothingFound(found)
	}
	if err != nil {
		return err
	}
	a.leftOut(r, e.unknown)
	return documentsFailed()
}

// salvageTo writes the documents of the collection, and those of unknown collections if there is a writer for them.
func (a *app) salvageTo(ctx context.Context, args []string, e *exporter, unknown io.Writer) error {
	return a.exportTo(args, e, func() error {
		_, err := kuzzlite.Salvage(ctx, e.path, func(d kuzzlite.Salvaged) error {
			switch {
			case d.Index == a.index && d.Collection == a.collection:
				e.written++
				return e.document(e.w, &d.Document)
			case d.Index == "" && unknown != nil:
				return e.document(unknown, &d.Document)
			}
			return nil
		})
		return err
	})
}

// nothingFound is the error of a collection of which no document was found.
func (a *app) nothingFound(found map[string]bool) error {
	hint := "no document of any known collection can be read"
	delete(found, " ")
	if names := slices.Sorted(maps.Keys(found)); len(names) > 0 {
		const most = 20
		hint = "documents were found of:\n" + strings.Join(names[:min(most, len(names))], "\n")
		if len(names) > most {
			hint += fmt.Sprintf("\n… and %s", counted(uint64(len(names)-most), "more collection"))
		}
	}
	return &failure{exitStore, fmt.Errorf("no document of %q in index %q can be read", a.collection, a.index), hint}
}

// leftOut says what of the store was left out, and what is in doubt. unknown is where the documents of unknown
// collections are, "" if they were left out.
func (a *app) leftOut(r *kuzzlite.SalvageReport, unknown string) {
	say := func(format string, args ...any) { fmt.Fprintln(a.stderr, printable(fmt.Sprintf(format, args...))) }
	for _, problem := range r.Problems {
		say("%s", problem)
	}
	if r.Damaged > 0 {
		say("left out of the whole store: %s", counted(r.Damaged, "damaged record"))
	}
	if r.Skipped > 0 {
		say("left out of the whole store: what was on %s that cannot be read", counted(r.Skipped, "page"))
	}
	if r.Missing > 0 {
		say("the file is cut short: what was on %s missing at its end is left out", counted(r.Missing, "page"))
	}
	if r.Named > 0 {
		say("the collection of %s was lost, and found out from the change feed", counted(r.Named, "document"))
	}
	switch {
	case r.Unknown > 0 && unknown != "":
		say("%s of unknown collections: see %s", counted(r.Unknown, "document"), unknown)
	case r.Unknown > 0:
		say("left out: %s of unknown collections; --unknown FILE writes them to a file", counted(r.Unknown, "document"))
	}
	if n := len(r.Names); n > 0 {
		const most = 20
		names := strings.Join(r.Names[:min(most, n)], ", ")
		if n > most {
			names += fmt.Sprintf(" and %s", counted(uint64(n-most), "other"))
		}
		say("names of collections were lost; the store has or had these, too: %s", names)
	}
	if r.Outdated > 0 {
		say("%s of the whole store may have been replaced or deleted since", counted(r.Outdated, "document"))
	}
	if r.HeaderLost {
		say("the header of the store is destroyed: the last writes before that may be missing")
	}
	if !r.LogComplete {
		say("the log is damaged or missing: the newest writes may be missing; %s of the log were read",
			counted(r.LogRecords, "record"))
	}
}
