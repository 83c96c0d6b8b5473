package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/kuzzlite/kuzzlite/upstream"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Sending changes on to a server upstream: push, and serve with --upstream.

// Variables with the secrets of the server upstream. They are no flags, since who lists processes sees those; there are
// flags for files of them.
const (
	upstreamPassword = "KUZZLITE_UPSTREAM_PASSWORD"
	upstreamToken    = "KUZZLITE_UPSTREAM_TOKEN"
)

// pushing are the flags of what sends changes on.
type pushing struct {
	upstream, user, name    string
	passwordFile, tokenFile string
	replay, refuse          bool
	maxOwed                 uint64
	compress                bool

	collections []outbox.Collection // that are sent, once begin was called
}

func (p *pushing) flags(f *pflag.FlagSet) {
	f.StringVar(&p.upstream, "upstream", "", "send changes to the server at this `URL`, such as http://127.0.0.1:7512")
	f.StringVar(&p.user, "upstream-user", "", "log in there under this `name`; password in $"+upstreamPassword)
	f.StringVar(&p.passwordFile, "upstream-password-file", "", "take that password from a `file`")
	f.StringVar(&p.tokenFile, "upstream-token-file", "", "take a token or an API key from a `file`")
	f.StringVar(&p.name, "outbox", "", "the `name` of the outbox, where a store has several; default upstream")
	f.BoolVar(&p.replay, "replay", false, "send the changes that the feed has already, too, if the outbox is new")
	f.Uint64Var(&p.maxOwed, "max-owed", 10_000_000, "how many changes may be owed until the oldest are dropped")
	f.BoolVar(&p.refuse, "refuse-writes", false, "refuse writes to the store in the place of dropping what is owed")
	f.BoolVar(&p.compress, "compress", false, "compress what is sent")
}

// begin checks the flags and the names of collections, and returns the server upstream. It asks nobody.
func (p *pushing) begin(names []string) (upstream.Server, error) {
	for _, name := range names {
		index, collection, ok := strings.Cut(name, "/")
		if !ok || index == "" || collection == "" || strings.Contains(collection, "/") {
			return nil, usage("%q names no collection: it must be INDEX/COLLECTION", name)
		}
		p.collections = append(p.collections, outbox.Collection{Index: index, Collection: collection})
	}
	switch {
	case p.upstream == "":
		return nil, usage("--upstream is missing: the URL of the server to send to, such as http://127.0.0.1:7512")
	case p.maxOwed == 0:
		return nil, wholeNumber("max-owed", true)
	}
	password, err := secret(upstreamPassword, "upstream-password-file", p.passwordFile)
	if err != nil {
		return nil, err
	}
	token, err := secret(upstreamToken, "upstream-token-file", p.tokenFile)
	if err != nil {
		return nil, err
	}
	switch {
	case p.user != "" && password == "":
		return nil, usage("--upstream-user needs a password in $%s, or --upstream-password-file", upstreamPassword)
	case p.user != "" && token != "":
		return nil, usage("--upstream-user logs in, and there is a token, too: give one of them")
	case p.user == "" && p.passwordFile != "":
		return nil, usage("--upstream-password-file needs --upstream-user: whose password it is")
	case p.user == "":
		password = ""
	}
	server, err := upstream.Dial(p.upstream, &upstream.Options{
		User: p.user, Password: password, Token: token, Compress: p.compress,
	})
	if err != nil {
		return nil, usage("--upstream: %v", err)
	}
	return server, nil
}

// secret returns what the file of a flag has, or a variable of the environment; "" if there is neither.
func secret(variable, flag, path string) (string, error) {
	value := os.Getenv(variable)
	if path == "" {
		return value, nil
	}
	if value != "" {
		return "", usage("give --%s or $%s, not both", flag, variable)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	if value = strings.TrimRight(string(text), "\r\n"); value == "" || strings.ContainsAny(value, "\r\n") {
		return "", usage("--%s: %s must have one line", flag, path)
	}
	return value, nil
}

// open opens the outbox.
func (p *pushing) open(s *kuzzlite.Store, to upstream.Server, log *slog.Logger) (*outbox.Outbox, error) {
	box, err := outbox.Open(s, &outbox.Options{
		Upstream: to, Collections: p.collections, Name: p.name, Replay: p.replay, MaxOwed: p.maxOwed, RefuseWrites: p.refuse,
		Logger: log,
	})
	if errors.Is(err, kuzzlite.ErrInvalid) {
		return nil, usage("%v", err)
	}
	return box, err
}

func (a *app) push() *cobra.Command {
	var p pushing
	once, logFormat := false, "text"
	cmd := &cobra.Command{
		Use:   "push INDEX/COLLECTION...",
		Short: "Send the changes of collections on to a Kuzzle or a Kuzzlite",
		Long: `Push sends what is changed in some collections to the server of --upstream, a Kuzzle or a Kuzzlite, as soon as
the server is reached, and goes on until an interrupt or SIGTERM. With --once it ends when all that was
changed before is sent. What is owed is kept in the store: after a crash, or the next time, push goes on
where it was. The first time it begins with what changes from then on, and with --replay with the oldest
change that the feed has.

A document that the server refuses becomes a letter, and holds back no other: kuzzlite outbox lists letters,
and sends them again. If there are letters at the end of --once the exit code is 1; if the store is absent it is 3.

The store is a file that no other program has open. A program that serves the store sends changes itself:
kuzzlite serve --upstream URL --push INDEX/COLLECTION. --upstream-user logs in with the password of
$` + upstreamPassword + ` or of the file of --upstream-password-file; $` + upstreamToken + `,
or that of --upstream-token-file, is a token or an API key. docs/offline.md says what is guaranteed against
which server.`,
		Example: `  kuzzlite push --db edge.db --upstream http://127.0.0.1:7512 plant/readings
  kuzzlite push --db edge.db --upstream http://127.0.0.1:7512 --once --replay plant/readings plant/alarms`,
		Args: positional,
	}
	p.flags(cmd.Flags())
	cmd.Flags().BoolVar(&once, "once", false, "end when all that was changed before is sent")
	cmd.Flags().StringVar(&logFormat, "log-format", logFormat, "text or json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		log, err := logger(logFormat, a.stderr)
		if err != nil {
			return err
		}
		to, err := p.begin(args)
		if err != nil {
			return err
		}
		defer to.Close()
		return a.withOwnStore(cmd.Context(), changing, kuzzlite.Options{}, func(s *kuzzlite.Store) error {
			box, err := p.open(s, to, log)
			if err != nil {
				return err
			}
			defer box.Close()
			fmt.Fprintf(a.stderr, "sending changes of %s to %s\n", strings.Join(args, ", "), p.upstream)
			if once {
				return a.pushOnce(cmd.Context(), box)
			}
			select {
			case <-cmd.Context().Done():
				return nil
			case <-box.Done():
				return box.Err()
			}
		})
	}
	return cmd
}

// pushOnce waits until all is sent, and says what became of it.
func (a *app) pushOnce(ctx context.Context, box *outbox.Outbox) error {
	flushing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go failLogin(flushing, box, cancel)
	if err := box.Flush(flushing); err != nil {
		if cause := context.Cause(flushing); ctx.Err() == nil && cause != nil {
			err = cause
		}
		return err
	}
	st, err := box.Status(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "sent %s\n", counted(st.Confirmed, "document"))
	if n := st.Parked + st.Waiting; n > 0 {
		return &failure{exitFailed, fmt.Errorf("the server refuses %s", counted(n, "document")),
			"`" + a.hint("outbox list") + "` says why"}
	}
	return nil
}

// failLogin cancels ctx once the server does not accept the credentials: waiting does not help.
func failLogin(ctx context.Context, box *outbox.Outbox, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if st, err := box.Status(ctx); err == nil && st.LoginRefused {
			cancel(&failure{exitStore, errors.New(st.LastError), "--upstream-user logs in, or there is a token; what was not sent is " +
				"still owed"})
		}
	}
}

// logger returns what writes log lines in a format.
func logger(format string, to io.Writer) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(to, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(to, nil)), nil
	}
	return nil, usage("--log-format must be text or json")
}
