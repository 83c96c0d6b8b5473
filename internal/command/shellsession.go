package command

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What is different for a verb that runs in a shell: the store is open already, and --db and --wait are not there.

// session is what the commands of a shell share.
type session struct {
	store    anyStore
	readOnly bool
	metadata bool // the store was opened with kuzzlite.Options.Metadata

	index, collection string // in use, "" if none is
}

// outsideOnly is an annotation of verbs that cannot run in a shell. Its value is the reason.
const outsideOnly = "outside-only"

// dbInExample is what examples in the help of verbs have too much for a shell.
var dbInExample = regexp.MustCompile(` --db \S+`)

// lend hands the store of the shell to a command, unless the store is not open in the way that the command needs.
func (a *app) lend(how access, o kuzzlite.Options, fn func(anyStore) error) error {
	a.writes = how != reading
	switch {
	case a.writes && a.session.readOnly:
		return &failure{exitStore, errors.New("the store is open for reading only"), "start the shell without --read-only"}
	case o.Metadata && !a.session.metadata:
		return &failure{exitUsage, errors.New("the store is open without --metadata"), "start the shell with --metadata"}
	}
	return fn(a.session.store)
}

// rootInShell makes the command tree one of a shell.
func (a *app) rootInShell(root *cobra.Command) {
	root.Long = `These are the verbs of the command line, on the store that the shell has open: without kuzzlite and
--db, and without INDEX and COLLECTION where .use has named them. .help is about the shell itself.`
	root.Example = ""
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var unknown *pflag.NotExistError
		if errors.As(err, &unknown) {
			if name := unknown.GetSpecifiedName(); name == "db" || name == "wait" {
				return &failure{exitUsage, fmt.Errorf("--%s is given when the shell is started", name),
					"the commands of a shell run on the store that it has open"}
			}
		}
		return flagError(cmd, err)
	})
	root.CompletionOptions.DisableDefaultCmd = true
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			root.RemoveCommand(cmd)
		}
	}
	root.AddCommand(&cobra.Command{
		Use: "completion", Hidden: true, DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error { return notInShell("completion", "it is for other shells") },
	})
}

// verbInShell makes a verb one of a shell.
func (a *app) verbInShell(v *cobra.Command) {
	check, runE := v.Args, v.RunE
	v.Args = cobra.ArbitraryArgs
	v.Example = dbInExample.ReplaceAllString(v.Example, "")
	if reason, isOutside := v.Annotations[outsideOnly]; isOutside {
		v.Hidden, v.DisableFlagParsing = true, true
		v.RunE = func(cmd *cobra.Command, _ []string) error { return notInShell(cmd.Name(), reason) }
		return
	}
	v.RunE = func(cmd *cobra.Command, args []string) error {
		args, err := a.session.fillIn(cmd.Context(), cmd, args)
		if err != nil {
			return a.explain(err)
		}
		if err := check(cmd, args); err != nil {
			return err
		}
		return runE(cmd, args)
	}
}

// notInShell refuses what cannot run in a shell.
func notInShell(what, reason string) error {
	return &failure{exitUsage, fmt.Errorf("%s cannot run in the shell: %s", what, reason),
		"leave the shell first, with .exit"}
}
