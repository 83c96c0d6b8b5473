package command

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/remote"
)

// Hints say what to do next. The commands in them work when they are pasted into a POSIX shell.

// known are the errors for which there is advice, or an exit code other than 3.
var known = []struct {
	err  error
	code int
	hint func(a *app, err error) string
}{
	{kuzzlite.ErrLocked, exitStore, (*app).lockedHint},
	{kuzzlite.ErrNotStore, exitStore, (*app).notStoreHint},
	{kuzzlite.ErrCorrupt, exitStore, func(a *app, _ error) string {
		return "`" + a.hint("check") + "` lists what is damaged;\n" + a.damagedHint()
	}},
	{remote.ErrUnreachable, exitStore, (*app).unreachableHint},
	{remote.ErrDenied, exitStore, (*app).deniedHint},
	{kuzzlite.ErrOutcomeUnknown, exitStore, (*app).outcomeHint},
	{remote.ErrLost, exitStore, func(*app, error) string {
		return "see that the server runs, and run the command again"
	}},
	{kuzzlite.ErrFailed, exitStore, func(a *app, _ error) string {
		switch {
		case a.isServed():
			return "see that the server's disk is well, and start the server again; reading goes on"
		case a.session == nil:
			return "" // the store is closed already
		}
		return "see that the disk is well, leave the shell and start it again; reading goes on"
	}},
	{kuzzlite.ErrUnknownIndex, exitStore, (*app).unknownHint},
	{kuzzlite.ErrUnknownCollection, exitStore, (*app).unknownHint},
	{kuzzlite.ErrSequenceGone, exitStore, func(a *app, _ error) string {
		switch a.verb.Name() {
		case "create-consumer":
			return "--oldest begins with the oldest change still kept; or read all documents,\nand leave --since out"
		case "consume":
			return "note the sequence of `" + a.hint("stats") + "`, read all documents again, and go on after that:\n" +
				"`" + a.hint("acknowledge", a.verb.Flags().Arg(0), "SEQUENCE") + "`"
		}
		return "without --since, `" + a.hint("changes") + "` begins with the oldest change still kept"
	}},
	{kuzzlite.ErrInvalid, exitUsage, func(*app, error) string { return "" }},
}

// hint returns a command line of a verb on this store.
func (a *app) hint(verb string, words ...string) string {
	if a.session != nil {
		return "kuzzlite " + verb + shellWords(words)
	}
	return "kuzzlite " + verb + " --db " + shellQuote(a.db) + shellWords(words)
}

// lockedHint is about a store that is in use. The error says what for, if that is known.
func (a *app) lockedHint(err error) string {
	hint := "another process has the store open: a program that embeds kuzzlite, or another command.\n"
	switch text := err.Error(); {
	case strings.Contains(text, "open for reading"):
		hint += "It only reads the store: others can read it meanwhile, too, but nobody can write to it"
	case strings.Contains(text, "open for writing"):
		hint += "It can write to the store, and nobody else can open the store meanwhile, not even to read"
	default:
		hint += "One process alone can have a store open for writing, or several for reading"
	}
	hint += ".\n"
	if instead[a.verb.Name()] == "" {
		hint += "If it serves the store, as `kuzzlite serve` does, the command works with --db unix:PATH or " +
			"http://HOST:PORT.\n"
	}
	return hint + "Stop that process, or wait for it: with --wait 1m the command waits a minute"
}

// unreachableHint is about a server that does not answer.
func (a *app) unreachableHint(error) string {
	return "see that a server of this project has the store open and listens there, as `kuzzlite serve` does,\n" +
		"and " + a.checkName()
}

// deniedHint is about a server that lets nobody in who cannot say who it is.
func (a *app) deniedHint(error) string {
	if at, _ := a.locate(); at.Name == "unix" {
		return "the socket is for the user who runs the server"
	}
	return "$" + tokenVariable + " must have the token, or an API key, of a user with the rights of an administrator:\n" +
		passwordVariable + "=… kuzzlite query --to " + shellQuote(a.db) + " --user NAME auth refreshToken\n" +
		"prints a token, as \"jwt\"; `kuzzlite serve --admin NAME` makes the first administrator"
}

// outcomeHint is about writes that may be done or not.
func (a *app) outcomeHint(error) string {
	if a.isServed() {
		return "the last documents may be written or not: see that the server and its disk are well, and read them"
	}
	return "the disk reported an error: the last documents may be written or not.\n" +
		"See that the disk is well, run `" + a.hint("check") + "`, then run the command again"
}

// notStoreHint is about a file that is no store, or one of another format.
func (a *app) notStoreHint(err error) string {
	switch {
	case strings.Contains(err.Error(), "it has format 1,"):
		return "the file was not touched; `kuzzlite export` of the build that made it writes what `kuzzlite import` reads"
	case strings.Contains(err.Error(), "it has format "):
		return "the file was not touched"
	}
	if info, err := os.Stat(a.db); err == nil && info.Mode()&os.ModeSocket != 0 {
		return "it is a socket: the store that is served there is --db " + shellQuote(unixPrefix+a.db)
	}
	return a.checkName() + "; the file was not touched"
}

// unknownHint is about an index or a collection that does not exist.
func (a *app) unknownHint(err error) string {
	create, names, list := "create-index", []string{a.index}, a.hint("list")
	if errors.Is(err, kuzzlite.ErrUnknownCollection) {
		create, names, list = "create-collection", []string{a.index, a.collection}, a.hint("list", a.index)
	}
	there := "`" + list + "` shows what there is"
	if a.removes() { // nobody makes what is to go
		return there
	}
	if a.canCreate() {
		return "create it with `" + a.hint("create-collection", a.index, a.collection) + "`, or pass --create"
	}
	return "create it with `" + a.hint(create, names...) + "`;\n" + there
}

// removes says whether the verb removes something.
func (a *app) removes() bool {
	return a.verb != nil && (strings.HasPrefix(a.verb.Name(), "delete") || a.verb.Name() == "truncate")
}

// damagedHint says what helps with a damaged store.
func (a *app) damagedHint() string {
	if a.isServed() {
		return "once the program that serves the store has ended, `kuzzlite restore` puts a backup in the place of its\n" +
			"file, and `kuzzlite salvage` saves what can be read"
	}
	return "`" + a.hint("restore", "BACKUP") + "` puts a backup in its place,\n" +
		"and `" + a.hint("salvage --out FILE") + "` saves what can be read"
}

// damageHint says what helps with a damaged document.
func (a *app) damageHint(d *kuzzlite.DocumentError) string {
	if a.verb.Name() == "dump" || a.isServed() {
		return "`" + a.hint("check") + "` lists what is damaged;\n" + a.damagedHint()
	}
	return fmt.Sprintf("`%s` lists what is damaged; restore a backup, or save the others with\n`%s FILE`",
		a.hint("check"), a.hint("export --skip-damaged", d.Index, d.Collection))
}

// documentHint says what helps with a document that failed.
func (a *app) documentHint(d *kuzzlite.DocumentError) string {
	switch {
	case errors.Is(d, kuzzlite.ErrExists):
		return "replace it with `kuzzlite replace`, or change it with `kuzzlite update` or `kuzzlite mupsert`"
	case errors.Is(d, kuzzlite.ErrNotFound) && a.writes:
		return "`kuzzlite upsert` creates what is missing"
	case errors.Is(d, kuzzlite.ErrConflict):
		return "read it with `kuzzlite get`, decide again, and pass the version found with --if-version"
	}
	return ""
}

// shellWords returns arguments with a blank before each. If one looks like a flag they come after --.
func shellWords(words []string) string {
	var s strings.Builder
	for _, w := range words {
		if strings.HasPrefix(w, "-") {
			s.WriteString(" --")
			break
		}
	}
	for _, w := range words {
		s.WriteString(" " + shellQuote(w))
	}
	return s.String()
}

// shellFile returns the name of a file as one word, which no program takes for a flag.
func shellFile(name string) string {
	if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	return shellQuote(name)
}

// shellQuote returns s as one word of a POSIX shell.
func shellQuote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
