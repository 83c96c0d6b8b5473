package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// consent is what a verb that destroys needs before it does.
type consent int

const (
	goAhead consent = iota
	ask
	refuse // there is somebody to ask, who would not see the question
)

// consentFor decides that. Scripts, whose standard input is no terminal, are never asked: they would hang, or read the
// answer from their data.
func consentFor(yes, stdinTerminal, stderrTerminal bool) consent {
	switch {
	case yes || !stdinTerminal:
		return goAhead
	case !stderrTerminal:
		return refuse
	}
	return ask
}

// isYes says whether an answer is a yes. All else is a no, also nothing.
func isYes(answer string) bool {
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

const yesHelp = `On a terminal it asks first, unless --yes is given; where standard input is no terminal,
as in a script, it does not ask.`

// confirmation is the flag of verbs that destroy.
type confirmation struct{ yes bool }

func (c *confirmation) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "do not ask")
}

// confirm asks whether something may be removed for good, where that is needed. The store is open only to describe what
// will be gone, not while the answer is waited for.
func (c *confirmation) confirm(
	cmd *cobra.Command, a *app, describe func(context.Context, anyStore) (string, error),
) error {
	return c.ask(cmd.Context(), a, "nothing was removed", func() (what string, err error) {
		err = a.withStore(cmd.Context(), reading, kuzzlite.Options{}, func(s anyStore) (err error) {
			what, err = describe(cmd.Context(), s)
			return err
		})
		return "this removes " + what + " for good", err
	})
}

// ask asks where that is needed whether what a statement says may be done. Unless it may, refused is the error.
func (c *confirmation) ask(ctx context.Context, a *app, refused string, statement func() (string, error)) error {
	switch consentFor(c.yes, a.terminals[0], a.terminals[1]) {
	case goAhead:
		return nil
	case refuse:
		return usage("the question whether to go on would not be seen: pass --yes")
	}
	text, err := statement()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s; go on? [y/N] ", printable(text))
	answer := make(chan string, 1)
	go func() { // which a read from a terminal may outlive
		line, _ := bufio.NewReader(a.stdin).ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		if a.session == nil { // a shell has done so
			fmt.Fprintln(a.stderr)
		}
		return ctx.Err()
	case line := <-answer:
		if !strings.HasSuffix(line, "\n") {
			fmt.Fprintln(a.stderr)
		}
		if !isYes(line) {
			return &failure{code: exitStore, err: errors.New(refused)}
		}
	}
	return nil
}

// ofCollection describes the documents of a collection.
func ofCollection(index, collection string) func(context.Context, anyStore) (string, error) {
	return func(ctx context.Context, s anyStore) (string, error) {
		n, err := s.Collection(index, collection).Count(ctx)
		return fmt.Sprintf("%s of %s/%s", counted(n, "document"), index, collection), err
	}
}

// ofIndex describes the collections of an index.
func ofIndex(index string) func(context.Context, anyStore) (string, error) {
	return func(ctx context.Context, s anyStore) (string, error) {
		collections, documents, err := contents(ctx, s, index)
		return fmt.Sprintf("index %s with %s, %s",
			index, counted(uint64(collections), "collection"), counted(documents, "document")), err
	}
}
