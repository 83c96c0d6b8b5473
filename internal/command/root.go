package command

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// app is what the verbs share: where they read and write, and which store they work on.
type app struct {
	schemes []Scheme // besides files
	stdin   io.Reader
	out     *output
	stderr  io.Writer

	terminals [2]bool // whether standard input and standard error are, for who is to be asked

	db                string         // --db, or KUZZLITE_DB
	dbArgument        bool           // or an argument
	wait              time.Duration  // --wait
	verb              *cobra.Command // that runs
	writes            bool           // whether the verb does
	index, collection string         // what the verb works on, for its errors

	session *session // of the shell in which the verb runs, nil outside of one
}

// The help lists verbs in the order below: the central one first.
func init() { cobra.EnableCommandSorting = false }

// Groups of verbs in the help.
const (
	groupWrite = "write"
	groupRead  = "read"
	groupShape = "shape"
	groupFeed  = "feed"
	groupStore = "store"
)

// run runs one command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(append([]string{}, args...)) // not nil: cobra would take os.Args
	root.SetIn(a.stdin)
	root.SetOut(a.out)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	err = withSimilarVerbs(root, err)
	if flushErr := a.out.Flush(); err == nil && flushErr != nil {
		err = outputError(flushErr)
	}
	return a.report(cmd, err)
}

// root returns the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kuzzlite",
		Short: "An embedded JSON document store whose central verb is Kuzzle's mUpsert",
		Long: `Kuzzlite keeps JSON documents in a file, in indexes and collections, and changes them
with Kuzzle's mUpsert: merge these changes, create what is missing, say what happened to each.

A store that a server has open, as kuzzlite serve does, is named unix:PATH or http://HOST:PORT: most verbs
work on it as it runs. Over HTTP a token of an administrator, or an API key, is taken from $KUZZLITE_TOKEN.

Data goes to standard output (NDJSON when piped, tables on a terminal), all else to standard error.
Exit codes: 0 fine, 1 some documents failed (each is listed), 2 wrong usage, 3 trouble with the
store or with input and output.`,
		Example: `  kuzzlite mupsert --db quakes.db --create usgs earthquakes earthquakes.ndjson
  kuzzlite get --db quakes.db usgs earthquakes ci37868143
  kuzzlite find --db quakes.db usgs earthquakes 'magnitude.value >= 5 and network = "us"'`,
		SilenceErrors: true,
		SilenceUsage:  true,

		DisableSuggestions: true, // see similarVerbs
	}
	if a.session == nil {
		root.PersistentFlags().StringVar(&a.db, "db", os.Getenv(dbVariable),
			"the store: a `file`, or of a server that has it open unix:PATH or http://HOST:PORT; default $"+dbVariable)
		root.PersistentFlags().Lookup("db").DefValue = "" // the help is the same for everybody
	}
	root.AddGroup(
		&cobra.Group{ID: groupWrite, Title: "Write documents:"},
		&cobra.Group{ID: groupRead, Title: "Read documents:"},
		&cobra.Group{ID: groupShape, Title: "Indexes and collections:"},
		&cobra.Group{ID: groupFeed, Title: "Follow changes:"},
		&cobra.Group{ID: groupStore, Title: "Look after the store:"},
	)
	a.group(root, groupWrite,
		a.mupsert(), a.upsert(), a.create(), a.replace(), a.update(), a.delete(), a.deleteFields(), a.importing(),
		a.updateByQuery(), a.deleteByQuery())
	a.group(root, groupRead, a.get(), a.mget(), a.exists(), a.count(), a.list(), a.find(), a.search(),
		a.aggregate(), a.export())
	a.group(root, groupShape,
		a.createIndex(), a.createCollection(), a.deleteIndex(), a.deleteCollection(), a.truncate())
	a.storeless(root, groupShape, a.fieldIndex(), a.mapping())
	for _, verbs := range [][]*cobra.Command{a.fieldIndexVerbs(true), a.mappingVerbs(true)} {
		a.group(root, "", verbs...) // not of groupShape: a shell fills the collection in use in
	}
	a.group(root, groupFeed, a.watch(), a.changes(),
		a.createConsumer(), a.consumers(), a.consume(), a.acknowledge(), a.deleteConsumer(), a.push())
	a.storeless(root, groupFeed, a.outbox())
	a.group(root, groupStore, a.serve(), a.shell(),
		a.stats(), a.check(), a.backup(), a.restore(), a.compact(), a.dump(), a.loadDump(), a.salvage())
	a.storeless(root, groupStore, a.query(), a.bench())
	root.AddCommand(a.version())
	root.Version = a.versionText()
	root.SetVersionTemplate("{{.Version}}")
	root.SetFlagErrorFunc(flagError)
	strictHelp(root)
	if a.session != nil {
		a.rootInShell(root)
	}
	return root
}

// strictHelp makes cobra's own commands refuse what they do not know: on their own they print help, as if all was well.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Example = "  kuzzlite help mupsert"
			cmd.Args = func(_ *cobra.Command, args []string) error {
				if _, _, err := root.Find(args); err != nil {
					similar := ""
					if names := similarVerbs(root, args[0]); len(names) > 0 {
						similar = suggestions + strings.Join(names, "\n")
					}
					return usage("there is no help on %q%s", strings.Join(args, " "), similar)
				}
				return nil
			}
		case "completion":
			cmd.Example = "  kuzzlite completion bash"
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			cmd.Args = func(_ *cobra.Command, args []string) error {
				if len(args) > 0 {
					return usage("unknown shell %q", args[0])
				}
				return nil
			}
		}
	}
}

// flagError says in the words of people what pflag says in those of Go's number parser, and which flag may be meant.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		f := invalid.GetFlag()
		if b, ok := f.Value.(*bounded); ok {
			return b.refusal(f.Name)
		}
		switch f.Value.Type() {
		case "int", "uint64":
			return wholeNumber(f.Name, f.DefValue != "0")
		case "version":
			return wholeNumber(f.Name, true)
		case "duration":
			return badDuration(f.Name)
		}
	}
	return withSimilarFlags(cmd, err)
}

// wholeNumber refuses the value of a flag.
func wholeNumber(flag string, positive bool) error {
	least := 0
	if positive {
		least = 1
	}
	return usage("--%s must be a whole number, %d or more", flag, least)
}

// group adds verbs that open the store to the tree.
func (a *app) group(root *cobra.Command, id string, verbs ...*cobra.Command) {
	if a.session == nil {
		for _, v := range verbs {
			a.waitFlag(v)
		}
	}
	a.storeless(root, id, verbs...)
}

// storeless adds verbs to the tree, and gives them what all have: explained errors and completion.
func (a *app) storeless(root *cobra.Command, id string, verbs ...*cobra.Command) {
	for _, v := range verbs {
		v.GroupID = id
		v.SuggestFor = synonyms[v.Name()]
		a.prepare(v)
		root.AddCommand(v)
	}
}

// prepare gives a verb what all have.
func (a *app) prepare(v *cobra.Command) {
	runE := v.RunE
	v.RunE = func(cmd *cobra.Command, args []string) error {
		a.verb = cmd
		if err := runE(cmd, args); err != nil {
			return a.explain(interrupted(cmd, args, err))
		}
		return nil
	}
	if v.ValidArgsFunction == nil {
		v.ValidArgsFunction = a.completeNames
	}
	if a.session != nil {
		a.verbInShell(v)
	}
}

// positional checks the number of arguments, of which the usage line of the verb has the names: those in brackets are
// optional, and "..." after one lets it stand several times.
func positional(cmd *cobra.Command, args []string) error {
	names := strings.Fields(cmd.Use)[1:]
	many := false
	for i, name := range names {
		many = many || strings.HasSuffix(name, "...")
		if i >= len(args) && !strings.HasPrefix(name, "[") {
			return usage("%s is missing", strings.TrimSuffix(name, "..."))
		}
	}
	if len(args) > len(names) && !many {
		return usage("too many arguments: do not know what to do with %q", args[len(names)])
	}
	for i, arg := range args {
		if arg == "" {
			return usage("%s is empty", strings.Trim(names[min(i, len(names)-1)], "[]."))
		}
	}
	return nil
}
