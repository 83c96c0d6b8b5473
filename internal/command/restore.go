package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// restorer is one run of restore.
type restorer struct {
	confirmation
	app     *app
	path    string // of the store
	backup  string
	size    int64 // of the store's file, in bytes; -1 if there is none
	hasLog  bool  // whether there is a log of the store
	discard bool
	foreign bool // the file is none of a store
}

func (a *app) restore() *cobra.Command {
	r := &restorer{app: a}
	cmd := &cobra.Command{
		Use:         "restore BACKUP",
		Annotations: map[string]string{outsideOnly: "it needs the store closed"},
		Short:       "Put a backup in the place of the store",
		Long: `Restore checks a backup, which is a file that backup has written or any store that is closed, and puts a
copy of it in the place of the store. The store that was there may be damaged. It is kept, with its log
if it has one, beside the new one: restore prints its name, NAME.old-TIME, under which every command
takes it. With --discard-old it is removed. At every moment, also if the power goes, the old store is in its
place or the new one, whole. If the store is absent it is made; if only its log is there, that is kept, or
removed. A file that is no store is never removed, and its name is taken only after a yes, or with --yes: so
a mistyped --db is noticed. If the backup is damaged, or absent, nothing is changed and the exit code is 3,
as it is while a program has the store open.

Documents, versions and the change feed are then those of the backup. Sequences that followers have seen
come again for other changes, so let every follower read all documents again.

` + yesHelp,
		Example: `  kuzzlite restore --db shop.db shop-monday.db`,
		Args:    positional,
	}
	r.confirmation.flags(cmd)
	cmd.Flags().BoolVar(&r.discard, "discard-old", false, "remove the store that was there, and do not keep it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r.backup = args[0]
		if err := r.check(); err != nil {
			return err
		}
		if err := r.consent(cmd.Context()); err != nil {
			return err
		}
		var kept string
		err := a.patiently(cmd.Context(), func(timeout time.Duration) (err error) {
			kept, err = kuzzlite.RestoreFile(cmd.Context(), r.path, r.backup,
				&kuzzlite.RestoreOptions{DiscardOld: r.discard, LockTimeout: timeout})
			return err
		})
		if err != nil {
			return r.explain(err, kept)
		}
		r.tell(kept)
		return nil
	}
	return cmd
}

// check refuses what cannot be done, before anybody is asked.
func (r *restorer) check() error {
	at, err := r.app.locateOwn("restore")
	switch {
	case err != nil:
		return err
	case !at.isFile():
		return usage("restore is for a store in a file, and %s is none", r.app.db)
	}
	r.path, r.size, r.hasLog = at.place, -1, len(logsOf(at.place)) > 0
	r.app.writes = true
	if _, err := os.Stat(r.backup); errors.Is(err, fs.ErrNotExist) {
		return &failure{code: exitStore, err: fmt.Errorf("there is no backup at %s", r.backup)}
	} else if err != nil {
		return err
	}
	info, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && info.IsDir():
		return r.app.mustBeThere(r.path) // which says that
	case err == nil:
		r.size = info.Size()
	}
	return err
}

const noStore = "is not a store that this release reads"

// consent asks whether what is there may be replaced, where that is needed. What is there need not be a store: then a
// script must say that it means this file.
func (r *restorer) consent(ctx context.Context) error {
	if r.size < 0 && !r.hasLog {
		return nil
	}
	if r.size > 0 {
		r.foreign = r.isForeign(ctx)
	}
	switch {
	case r.foreign && r.discard:
		return &failure{exitStore, fmt.Errorf("%s %s: a file that may be something else is not discarded", r.path, noStore),
			"nothing was changed: leave out --discard-old, and the file is kept beside the new store"}
	case r.foreign && !r.yes && consentFor(r.yes, r.app.terminals[0], r.app.terminals[1]) == goAhead:
		return &failure{exitStore, fmt.Errorf("%s %s, and is not replaced without --yes", r.path, noStore),
			"nothing was changed: look at the file; with --yes it is kept beside the new store, under another name"}
	}
	asItWas := "the store is as it was"
	if r.foreign {
		asItWas = "the file is as it was"
	}
	return r.ask(ctx, r.app, asItWas, func() (string, error) { return r.statement(), nil })
}

// errSomeDocument ends a search for what makes a file a store's.
var errSomeDocument = errors.New("a document")

// isForeign says whether nothing in the file says that it is a store's, or was one's before it was damaged. Of a file
// that is in use, or cannot be read, it says no: the restore will say what the matter is.
func (r *restorer) isForeign(ctx context.Context) bool {
	_, err := kuzzlite.Salvage(ctx, r.path, func(kuzzlite.Salvaged) error { return errSomeDocument },
		&kuzzlite.SalvageOptions{LockTimeout: -1})
	return errors.Is(err, kuzzlite.ErrNotStore)
}

// statement says what is about to happen.
func (r *restorer) statement() string {
	if r.foreign {
		return fmt.Sprintf("the file %s (%s) %s: this puts %s in its place, and keeps it under another name",
			r.path, size(r.size), noStore, r.backup)
	}
	if r.size < 0 {
		what := "which is kept"
		if r.discard {
			what = "which is removed for good"
		}
		return fmt.Sprintf("of the store %s there is only the log, %s: this puts %s in its place",
			r.app.db, what, r.backup)
	}
	if r.discard {
		return fmt.Sprintf("this removes the store %s (%s) for good, and puts %s in its place",
			r.app.db, size(r.size), r.backup)
	}
	return fmt.Sprintf("this puts %s in the place of the store %s (%s), which is kept", r.backup, r.app.db, size(r.size))
}

// explain says what helps. kept is where the store is that was there, if the backup has taken its place all the same.
func (r *restorer) explain(err error, kept string) error {
	if kept != "" {
		return &failure{exitStore, err, r.keptAs(kept)}
	}
	if errors.Is(err, kuzzlite.ErrCorrupt) {
		return &failure{exitStore, err, "the store is as it was; `kuzzlite check --db " + shellQuote(r.backup) +
			"` lists what is damaged: take another backup"}
	}
	if errors.Is(err, kuzzlite.ErrNotStore) && strings.Contains(err.Error(), "is not discarded") {
		return &failure{exitStore, err,
			"nothing was changed: leave out --discard-old, and the file is kept beside the new store"}
	}
	if errors.Is(err, kuzzlite.ErrNotStore) {
		return &failure{exitStore, err, "nothing was changed"}
	}
	return err
}

// tell says what was done.
func (r *restorer) tell(kept string) {
	fmt.Fprintf(r.app.stderr, "restored %s from %s\n", r.app.db, r.backup)
	switch {
	case kept != "":
		fmt.Fprintln(r.app.stderr, r.keptAs(kept))
	case r.size >= 0:
		fmt.Fprintln(r.app.stderr, "the store that was there is removed")
	case r.hasLog:
		fmt.Fprintln(r.app.stderr, "the log that was there is removed")
	}
}

// keptAs says under which name there is what RestoreFile has kept: a log alone has names that begin with it.
func (r *restorer) keptAs(kept string) string {
	if logs := logsOf(kept); missing(kept) && len(logs) > 0 {
		return "the log that was there is kept as " + strings.Join(logs, " and ")
	}
	if r.foreign {
		return "the file that was there is kept as " + kept
	}
	return "the store that was there is kept as " + kept
}

// logsOf are the names of the files of a store's log.
func logsOf(store string) (names []string) {
	store = resolved(store)
	for _, suffix := range logSuffixes {
		if _, err := os.Lstat(store + suffix); err == nil {
			names = append(names, store+suffix)
		}
	}
	return names
}
