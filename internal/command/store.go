package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

const dbVariable = "KUZZLITE_DB"

// access is how a verb opens the store.
type access int

const (
	reading  access = iota // changes nothing
	changing               // changes a store that is there
	creating               // makes the store if there is none
)

// withStore opens the store, runs fn, and closes it. Options with a LockTimeout mean it, and not --wait. In a shell the
// store is open before and after.
func (a *app) withStore(
	ctx context.Context, how access, o kuzzlite.Options, fn func(anyStore) error,
) (err error) {
	if a.session != nil {
		return a.lend(how, o, fn)
	}
	s, err := a.open(ctx, how, o)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	return fn(s)
}

func (a *app) open(ctx context.Context, how access, o kuzzlite.Options) (anyStore, error) {
	at, err := a.locate()
	if err != nil {
		return nil, err
	}
	a.writes = how != reading
	if at.isServed() {
		return a.dial(ctx, at, o)
	}
	s, err := a.openOwn(ctx, at, how, o)
	if err != nil {
		return nil, err
	}
	return ownStore{s}, nil
}

func (a *app) openOwn(ctx context.Context, at location, how access, o kuzzlite.Options) (*kuzzlite.Store, error) {
	o.ReadOnly = how == reading
	if how != creating { // or it would be made
		o.Mode = kuzzlite.OpenExisting
		if at.isFile() {
			if err := a.mustBeThere(at.place); err != nil {
				return nil, err
			}
		}
	}
	s, err := a.openPatiently(ctx, at, o)
	if how != creating && at.isFile() && errors.Is(err, fs.ErrNotExist) { // it has gone meanwhile
		if why := a.mustBeThere(at.place); why != nil {
			return nil, why
		}
	}
	if errors.Is(err, kuzzlite.ErrCorrupt) {
		return nil, &failure{exitStore, err, a.damagedHint()}
	}
	if how == creating && err != nil && at.isFile() && missing(filepath.Dir(at.place)) {
		return nil, &failure{exitStore, err, "the directory must exist"}
	}
	return s, err
}

func (a *app) openPatiently(ctx context.Context, at location, o kuzzlite.Options) (s *kuzzlite.Store, err error) {
	if o.LockTimeout != 0 {
		return at.Open(at.place, &o)
	}
	err = a.patiently(ctx, func(timeout time.Duration) (err error) {
		o.LockTimeout = timeout
		s, err = at.Open(at.place, &o)
		return err
	})
	return s, err
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func (a *app) mustBeThere(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint := a.checkName()
		switch {
		case a.canCreate():
			hint += "; with --create the command makes a new store"
		case a.writes:
			hint += "; `kuzzlite mupsert --create` makes a new store"
		}
		return &failure{exitStore, fmt.Errorf("there is no store at %s", path), hint}
	case err != nil:
		return err
	case info.IsDir():
		return &failure{exitStore, fmt.Errorf("%s is a directory, not a store", path), "--db takes the name of a file"}
	}
	return nil
}

// checkName is the advice where the name of the store may be wrong.
func (a *app) checkName() string {
	if a.dbArgument {
		return "check the name"
	}
	return "check the name after --db"
}

// canCreate says whether the verb has --create.
func (a *app) canCreate() bool { return a.verb != nil && a.verb.Flags().Lookup("create") != nil }

// withCollection opens the store, runs fn with the collection that the first two arguments name, and closes the store.
func (a *app) withCollection(
	cmd *cobra.Command, args []string, how access, fn func(context.Context, anyCollection) error,
) error {
	a.index, a.collection = args[0], args[1]
	return a.withStore(cmd.Context(), how, kuzzlite.Options{}, func(s anyStore) error {
		return fn(cmd.Context(), s.Collection(a.index, a.collection))
	})
}

// createFlag is for verbs that make what an empty store lacks. A store is not made without it, since the name after
// --db may be mistyped.
func createFlag(cmd *cobra.Command, create *bool, what string) {
	cmd.Flags().BoolVar(create, "create", false, "create "+what+" if missing")
}

// orCreating is how a verb that changes a store opens it.
func orCreating(create bool) access {
	if create {
		return creating
	}
	return changing
}

// target is a collection to write to.
type target struct {
	create   bool
	metadata bool
	expiry   expiry
	write    kuzzlite.WriteOptions
}

// flags adds the flags of verbs that write documents. canCreate is for those that can make a document.
func (t *target) flags(cmd *cobra.Command, canCreate bool) {
	f := cmd.Flags()
	if canCreate {
		createFlag(cmd, &t.create, "the store, the index and the collection")
	}
	f.BoolVar(&t.write.Silent, "silent", false, "hide the changes from watch")
	f.BoolVar(&t.write.LocalOnly, "local-only", false, "mark the changes as of no concern to other stores")
	f.StringVar(&t.write.User, "user", "", "`ID` of who writes, for the change feed and for metadata")
}

// metadataFlag is for those of them that can write metadata.
func (t *target) metadataFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&t.metadata, "metadata", false,
		"keep Kuzzle's _kuzzle_info (author, times, updater) in the documents")
}

// withTarget opens the store for writing, and runs fn with the collection, which must be there.
func (a *app) withTarget(
	cmd *cobra.Command, args []string, t *target, fn func(context.Context, anyCollection) error,
) error {
	a.index, a.collection = args[0], args[1]
	if err := t.expiry.apply(cmd, &t.write); err != nil {
		return err
	}
	return a.withStore(cmd.Context(), changing, t.options(), func(s anyStore) error {
		ctx := cmd.Context()
		if err := a.makeCollection(ctx, s, false); err != nil {
			return err
		}
		return fn(ctx, s.Collection(a.index, a.collection))
	})
}

// options are those with which the store is opened.
func (t *target) options() kuzzlite.Options { return kuzzlite.Options{Metadata: t.metadata} }

// makeCollection makes the collection that is written to if there is none. If it may not it says what is missing.
func (a *app) makeCollection(ctx context.Context, s anyStore, may bool) error {
	ok, err := s.HasCollection(ctx, a.index, a.collection)
	switch {
	case err == nil && !ok && may:
		err = s.CreateCollection(ctx, a.index, a.collection)
	case err == nil && !ok:
		err = a.unknown(ctx, s)
	}
	return err
}

// unknown returns the error that says what of the index and the collection does not exist.
func (a *app) unknown(ctx context.Context, s anyStore) error {
	_, err := s.Collection(a.index, a.collection).Count(ctx)
	return a.explain(err)
}

// completeNames completes INDEX and COLLECTION for the shell.
func (a *app) completeNames(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	names, directive := a.namesFor(cmd, args)
	if a.session != nil && a.session.index != "" && a.session.usedBy(cmd) { // they may be left out
		more, also := a.namesFor(cmd, append([]string{a.session.index, a.session.collection}, args...))
		names, directive = append(names, more...), directive&also
	}
	return names, directive
}

// namesFor returns what the next argument of a verb can be.
func (a *app) namesFor(cmd *cobra.Command, args []string) ([]string, cobra.ShellCompDirective) {
	words := strings.Fields(cmd.Use)[1:]
	if len(args) >= len(words) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if words[len(args)] == "CONSUMER" && cmd.Name() == "create-consumer" { // a new name
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	err := errors.New("nothing to complete")
	switch word := strings.Trim(words[len(args)], "[]"); word {
	case "INDEX", "COLLECTION":
		err = a.withStore(cmd.Context(), reading, kuzzlite.Options{LockTimeout: -1}, func(s anyStore) (err error) {
			if word == "INDEX" {
				names, err = s.Indexes(cmd.Context())
			} else {
				names, err = s.Collections(cmd.Context(), args[0])
			}
			return err
		})
	case "CONSUMER":
		names, err = a.consumerNames(cmd.Context())
	case "NAME":
		names, err = a.fieldIndexNames(cmd.Context(), args[0], args[1])
	case "FILE", "FILE|-", "BACKUP":
		return nil, cobra.ShellCompDirectiveDefault
	}
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// consumerNames returns the names of the consumers of the change feed.
func (a *app) consumerNames(ctx context.Context) (names []string, err error) {
	err = a.withStore(ctx, reading, kuzzlite.Options{LockTimeout: -1}, func(s anyStore) error {
		states, err := s.Consumers(ctx)
		for _, state := range states {
			names = append(names, state.Name)
		}
		return err
	})
	return names, err
}
