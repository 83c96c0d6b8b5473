package command

import (
	"context"
	"fmt"
	"strings"
)

// Dot commands are about the shell itself.

const dotHelp = `.help                   print this
.use INDEX COLLECTION   work on this collection: later commands may leave the two names out
.use                    work on no collection in particular
.timing on|off          say how long each command took, or not
.exit                   leave the shell, as do exit, quit and Ctrl-D

help lists the verbs, and help VERB is about one of them. They are those of the command line, without
kuzzlite and --db; INDEX and COLLECTION can be left out, both or none, once .use has named them, except where
a verb makes, empties or deletes collections. Words are quoted as in a POSIX shell:
create shop carts --body '{"n":1}'

Tab completes. Up and Down go through earlier lines, Ctrl-R finds those with what has been typed. Ctrl-C
ends the command, or clears the line; a line that begins with a blank is not kept.
`

// dotCommands are the names of the dot commands, with how they are used.
var dotCommands = []struct{ name, use string }{
	{".help", ".help"}, {".use", ".use INDEX COLLECTION"}, {".timing", ".timing on|off"}, {".exit", ".exit"},
}

// dot runs a dot command.
func (sh *shell) dot(ctx context.Context, words []string) error {
	args := words[1:]
	switch {
	case words[0] == ".help" && len(args) == 0:
		fmt.Fprint(sh.app.stderr, dotHelp)
		return nil
	case words[0] == ".use" && (len(args) == 0 || len(args) == 2):
		return sh.use(ctx, args)
	case words[0] == ".timing" && len(args) == 1 && (args[0] == "on" || args[0] == "off"):
		sh.timing = args[0] == "on"
		return nil
	case words[0] == ".exit" && len(args) == 0:
		sh.done = true
		return nil
	}
	var names []string
	for _, c := range dotCommands {
		if c.name == words[0] {
			return usage("wrong arguments: it is %s", c.use)
		}
		names = append(names, c.name)
	}
	return usage("unknown command %q: there are %s", words[0], strings.Join(names, ", "))
}

// use takes a collection in use, or none.
func (sh *shell) use(ctx context.Context, names []string) error {
	if len(names) == 0 {
		sh.open.index, sh.open.collection = "", ""
		return nil
	}
	sh.named = [2]string(names)
	ok, err := sh.open.store.HasCollection(ctx, names[0], names[1])
	if err == nil && !ok {
		_, err = sh.open.store.Collection(names[0], names[1]).Count(ctx) // which says what does not exist
	}
	if err == nil {
		sh.open.index, sh.open.collection = names[0], names[1]
	}
	return err
}
