package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// A shell runs lines on one store that stays open: each line is a verb of the command line, run through the same
// command tree, or a dot command.
type shell struct {
	app  *app           // that the shell itself was started with
	cmd  *cobra.Command // the verb shell, for its errors
	open session
	keys *keyboard

	named     [2]string // index and collection, for errors of .use
	keepGoing bool
	timing    bool // print how long each command took
	done      bool // .exit

	interrupts chan os.Signal // nil: they end the process
}

const shellHelp = `Shell opens a store and runs commands on it until .exit or Ctrl-D: the verbs of the command line with
their flags, without kuzzlite, --db and --wait. The store stays open all the time, so a command takes no
longer than its work; meanwhile no other process can open the file, or with --read-only write to it. A
store that a server has open (--db unix:PATH) stays open to others. If the store is absent the exit code
is 3, unless --create is given.

Lines are quoted as in a POSIX shell, with ' and " and \, and go on in the next line while a quote is open:
create shop carts c1 --body '{"total":12}'. What comes after a # is a comment. There are no variables,
pipes or redirections. .use INDEX COLLECTION lets later commands leave these two out; .help lists what else
there is. A command that fails does not end the shell, and Ctrl-C ends the command, not the shell. A watch
in the shell shows nothing of a file, since nobody else can write: other kuzzlite commands wait for the
shell to end.

On a terminal (standard input and standard error) the line can be edited; Tab completes verbs, flags, names
and files, Up and Ctrl-R look for earlier lines. These are kept in the file that $KUZZLITE_HISTORY names, by
default kuzzlite/history in $XDG_STATE_HOME, ~/.local/state or the system's directory for settings; nothing
is kept if that variable is empty, and no line that begins with a blank.

Elsewhere there is no prompt and no question, and the lines are a script: it ends at the first command that
fails, with the exit code of that, or with --keep-going goes on and ends with the exit code of the first one
that failed. Commands of a script take documents from arguments and files, not from standard input.`

func (a *app) shell() *cobra.Command {
	var readOnly, create, metadata, keepGoing bool
	cmd := &cobra.Command{
		Use:   "shell [FILE]",
		Short: "Run commands at a prompt, or those of a script, on a store that stays open",
		Long:  shellHelp,
		Example: `  kuzzlite shell shop.db
  kuzzlite shell --read-only shop.db
  kuzzlite shell --db shop.db --keep-going < commands.txt`,
		Args:        positional,
		Annotations: map[string]string{outsideOnly: "it is running already"},
	}
	f := cmd.Flags()
	f.BoolVar(&readOnly, "read-only", false, "open the store for reading")
	createFlag(cmd, &create, "the store")
	f.BoolVar(&metadata, "metadata", false, "keep Kuzzle's _kuzzle_info (author, times, updater) in the documents")
	f.BoolVar(&keepGoing, "keep-going", false, "go on after a command of a script that fails")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if readOnly && (create || metadata) {
			return usage("--read-only is neither for --create nor for --metadata")
		}
		if err := a.nameStore(cmd, args); err != nil {
			return err
		}
		how := orCreating(create)
		if readOnly {
			how = reading
		}
		err := a.withStore(cmd.Context(), how, kuzzlite.Options{Metadata: metadata}, func(s anyStore) error {
			sh := &shell{
				app: a, cmd: cmd, open: session{store: s, readOnly: readOnly, metadata: metadata}, keepGoing: keepGoing,
			}
			return sh.run()
		})
		if errors.Is(err, fs.ErrPermission) && !readOnly {
			return &failure{exitStore, err, "--read-only opens the store for reading"}
		}
		return err
	}
	return cmd
}

// nameStore takes in the name of the store if it is an argument.
func (a *app) nameStore(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.Flags().Changed("db"):
		return usage("the store is named twice: as %s and with --db", args[0])
	}
	a.db, a.dbArgument = args[0], true
	return nil
}

// run runs what is typed, or a script.
func (sh *shell) run() error {
	sh.keys = newKeyboard(sh.app.stdin)
	defer sh.keys.close()
	switch {
	case !sh.interactive():
		return sh.script(sh.cmd.Context())
	case sh.keepGoing:
		return usage("--keep-going is for scripts: at a prompt the shell goes on anyway")
	}
	return sh.prompt()
}

// interactive says whether somebody types the lines, and sees the prompt.
func (sh *shell) interactive() bool { return sh.app.terminals[0] && sh.app.terminals[1] }

// line runs a complete line, and returns its exit code.
func (sh *shell) line(ctx context.Context, line string) int {
	words, _, err := splitLine(line)
	switch {
	case err != nil:
		return sh.report(ctx, err)
	case len(words) == 0:
		return exitOK
	case line[words[0].start] == '.':
		return sh.report(ctx, sh.dot(ctx, texts(words)))
	case len(words) == 1 && (words[0].text == "exit" || words[0].text == "quit"):
		sh.done = true
		return exitOK
	}
	begun := time.Now()
	code := sh.command(ctx).run(ctx, verbAndArguments(words))
	if sh.timing {
		fmt.Fprintf(sh.app.stderr, "took %v\n", roundedTime(time.Since(begun)))
	}
	return code
}

// command returns what runs one command.
func (sh *shell) command(ctx context.Context) *app {
	a := &app{
		schemes: sh.app.schemes, out: sh.app.out, stderr: sh.app.stderr, terminals: sh.app.terminals,
		db: sh.app.db, session: &sh.open, stdin: scriptInput{},
	}
	if sh.interactive() {
		a.stdin = typed{ctx, sh.keys}
	}
	a.out.measure()
	return a
}

// verbAndArguments leaves the name of the program out, so that commands of hints and of documentation can be pasted.
func verbAndArguments(words []word) []string {
	args := texts(words)
	if len(args) > 1 && args[0] == "kuzzlite" {
		args = args[1:]
	}
	return args
}

// report prints an error of the shell itself, as that of a verb, and returns its exit code.
func (sh *shell) report(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	a := sh.command(ctx)
	a.index, a.collection = sh.named[0], sh.named[1]
	f := a.explain(err)
	if f.code == exitUsage && f.hint == "" {
		f = &failure{f.code, f.err, ".help says what there is"}
	}
	return a.report(sh.cmd, f)
}

// roundedTime returns a time with three digits or so.
func roundedTime(d time.Duration) time.Duration {
	unit := time.Microsecond
	for d >= 1000*unit {
		unit *= 10
	}
	return d.Round(unit)
}
