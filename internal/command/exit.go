package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // some documents failed; each has been listed
	exitUsage  = 2 // the command line is wrong
	exitStore  = 3 // the store, or reading or writing of files
)

// A failure ends a command with an exit code.
type failure struct {
	code int
	err  error  // nil: everything has been said
	hint string // what to do next, "" if the error says it
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// usage returns the error of a wrong command line.
func usage(format string, args ...any) error {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// documentsFailed ends a command whose failed documents have been listed.
func documentsFailed() error { return &failure{code: exitFailed} }

func outputError(err error) error {
	return &failure{code: exitStore, err: fmt.Errorf("write output: %w", err)}
}

// suggestions is where cobra's error of an unknown command goes on with those of similar names, one a line.
const suggestions = "\n\nDid you mean this?\n"

// report says on standard error what went wrong and what to do next, and returns the exit code.
func (a *app) report(cmd *cobra.Command, err error) int {
	if err == nil {
		return exitOK
	}
	var f *failure
	if !errors.As(err, &f) { // it comes from cobra
		f = &failure{code: exitUsage, err: err}
	}
	name := cmd.CommandPath()
	if f.err != nil {
		a.reportError(cmd, f.err)
	}
	if f.err != nil && f.hint == "" && f.code == exitUsage {
		f.hint = fmt.Sprintf("see `%s --help`", name)
	}
	for line := range strings.Lines(f.hint) {
		fmt.Fprintf(a.stderr, "  %s\n", printable(strings.TrimSuffix(line, "\n")))
	}
	return f.code
}

// reportError says what went wrong, and which verbs or flags may be meant by one that does not exist.
func (a *app) reportError(cmd *cobra.Command, err error) {
	text := strings.TrimPrefix(err.Error(), cmd.Name()+": ") // the library may name the verb as well
	text, similar, _ := strings.Cut(text, suggestions)
	fmt.Fprintf(a.stderr, "%s: %s\n", cmd.CommandPath(), errorText(text, err))
	if advice := adviceOnGuess(text); advice != "" {
		fmt.Fprint(a.stderr, advice)
		return
	}
	if words := strings.Fields(similar); len(words) > 0 {
		fmt.Fprintf(a.stderr, "  did you mean %s?\n", printable(strings.Join(words, " or ")))
	}
}

// errorText returns the text of an error for a terminal. The text about a query that cannot be read has lines, with
// marks under what is wrong; no other error has lines.
func errorText(text string, err error) string {
	if syntax := (*query.SyntaxError)(nil); !errors.As(err, &syntax) {
		return printable(text)
	}
	lines := strings.Split(strings.ReplaceAll(text, "\t", " "), "\n") // a tab is as wide as its mark
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

// explain gives the error of a verb its exit code and its hint:
//
//	our own failures  as they are
//	of one document   1, or 3 if it is damaged
//	ErrInvalid        2: a name or a value on the command line breaks a rule
//	all else          3: of the store, of files, of input and output
func (a *app) explain(err error) *failure {
	var f *failure
	var d *kuzzlite.DocumentError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &d) && !errors.Is(err, kuzzlite.ErrCorrupt):
		return &failure{exitFailed, err, a.documentHint(d)}
	case errors.As(err, &d):
		return &failure{exitStore, err, a.damageHint(d)}
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return &failure{k.code, err, k.hint(a, err)}
		}
	}
	return &failure{code: exitStore, err: err}
}

// interrupted turns the error with which a verb ends at an interrupt, which speaks of contexts and signals, into one
// that says what is true then.
func interrupted(cmd *cobra.Command, args []string, err error) error {
	ctx := cmd.Context()
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) && !errors.Is(err, context.Cause(ctx)) {
		return err
	}
	state := "nothing was written"
	switch {
	case errors.Is(err, kuzzlite.ErrOutcomeUnknown): // a server may have done it
		return &failure{exitStore, errors.New("interrupted; it is not known whether the write was done"),
			"read the documents before you run the command again"}
	case slices.Contains([]string{"load", "create-consumer", "delete-consumer", "acknowledge"}, cmd.Name()):
	case cmd.Name() == "push":
		state = "what was not sent is still owed"
	case makesFile(cmd, args):
		state = "no file was made"
	case cmd.Name() == "compact", cmd.Name() == "restore":
		state = "the store is as it was"
	case cmd.Name() == "bench":
		state = "its files are removed"
	case cmd.GroupID == groupRead, cmd.GroupID == groupFeed, cmd.GroupID == groupStore:
		state = "the output is not complete"
	}
	return interruption(state)
}

// makesFile says whether a verb with these arguments makes a file, whole or not at all.
func makesFile(cmd *cobra.Command, args []string) bool {
	switch cmd.Name() {
	case "backup":
		return true
	case "export":
		return len(args) > 2 && isFile(args[2])
	case "dump":
		return len(args) > 0 && isFile(args[0])
	case "salvage":
		return isFile(cmd.Flags().Lookup("out").Value.String())
	}
	return false
}

func interruption(state string) error {
	return &failure{code: exitStore, err: fmt.Errorf("interrupted; %s: run the command again", state)}
}
