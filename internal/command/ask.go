package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/client"
	"github.com/spf13/cobra"
)

// Asking a running server.

// asking are the flags of query.
type asking struct {
	to, id, body string
	args         []string
	user         string
}

// passwordVariable has the password of --user, which so stands in no list of processes.
const passwordVariable = "KUZZLITE_PASSWORD"

func (a *app) query() *cobra.Command {
	var f asking
	cmd := &cobra.Command{
		Use:   "query CONTROLLER ACTION [INDEX] [COLLECTION]",
		Short: "Send a request to a running server",
		Long: `Query sends a request of Kuzzle's API to a server, this project's or Kuzzle itself, and prints the result as JSON.
If the server answers with an error, or is absent, it prints that, and the exit code is 3. --body is the body of the
request, as JSON or @FILE; --arg sets further arguments, as NAME=JSON, where what is no JSON is a text. With
--user it logs in first, with the password of $` + passwordVariable + `.`,
		Example: `  kuzzlite query document search shop carts --body '{"query":{"term":{"state":"open"}}}' --arg size=5
  kuzzlite query --to http://kuzzle.example:7512 server info`,
		Args: positional,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "http://127.0.0.1:7512", "the server's `URL`")
	flags.StringVar(&f.id, "id", "", "the id of a document")
	flags.StringVar(&f.body, "body", "", "the body, as JSON or @`FILE`")
	flags.StringArrayVar(&f.args, "arg", nil, "a further argument, as `NAME=VALUE`; may be repeated")
	flags.StringVar(&f.user, "user", "", "log in as this `name`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("db") {
			return usage("query asks a server by its URL, as --to http://HOST:PORT, and takes no --db")
		}
		return a.ask(cmd.Context(), &f, args)
	}
	return cmd
}

func (a *app) ask(ctx context.Context, f *asking, args []string) error {
	r, err := f.request(append(args, "", "")[:4])
	if err != nil {
		return err
	}
	if strings.HasPrefix(f.to, unixPrefix) {
		return usage("--to %s is a socket, and query asks by HOST:PORT: serve the store at --listen HOST:PORT", f.to)
	}
	if !strings.Contains(f.to, "://") {
		return usage("--to %s is no URL: it must be http://%s, or with https, ws or wss", f.to, f.to)
	}
	c, err := client.Dial(ctx, f.to)
	if err != nil {
		return &failure{exitStore, err, "is a server running there? `kuzzlite serve` is one"}
	}
	defer c.Close()
	if f.user != "" {
		if err := c.Login(ctx, f.user, os.Getenv(passwordVariable)); err != nil {
			return &failure{exitStore, fmt.Errorf("log in as %s: %w", f.user, err), "the password is that of $" + passwordVariable}
		}
	}
	result, err := c.Query(ctx, r)
	if problem := (*client.Error)(nil); errors.As(err, &problem) {
		for _, one := range problem.Errors {
			fmt.Fprintf(a.stderr, "%s\n", one)
		}
	}
	if err != nil {
		return &failure{exitStore, err, f.loginHint(err)}
	}
	if result == nil {
		result = json.RawMessage("null")
	}
	_, err = fmt.Fprintf(a.out, "%s\n", result)
	return err
}

// loginHint is about an error of a user who has not logged in.
func (f *asking) loginHint(err error) string {
	problem := (*client.Error)(nil)
	if f.user != "" || !errors.As(err, &problem) || problem.Status != http.StatusUnauthorized {
		return ""
	}
	return "--user NAME logs in, with the password of $" + passwordVariable
}

// request makes a request of the arguments and the flags.
func (f *asking) request(args []string) (*client.Request, error) {
	r := &client.Request{
		Controller: args[0], Action: args[1], Index: args[2], Collection: args[3], ID: f.id, Args: map[string]any{},
	}
	for _, arg := range f.args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, usage("--arg must be NAME=VALUE, not %q", arg)
		}
		if r.Args[name] = any(value); json.Valid([]byte(value)) {
			r.Args[name] = json.RawMessage(value)
		}
	}
	body := []byte(f.body)
	if path, ok := strings.CutPrefix(f.body, "@"); ok {
		var err error
		if body, err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	if len(body) == 0 {
		return r, nil
	}
	if reason := invalidReason(body); reason != "" {
		return nil, usage("--body: %s", reason)
	}
	r.Body = json.RawMessage(body)
	return r, nil
}
