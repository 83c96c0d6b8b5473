package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
	"github.com/kuzzlite/kuzzlite/kuzzle/metrics"
	"github.com/kuzzlite/kuzzlite/upstream"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Serving Kuzzle's protocol.

// serving are the flags of serve.
type serving struct {
	memory             bool
	listen             string
	dynamic            string
	mappings, fixtures string
	securities         string
	admin              string
	refresh            time.Duration
	metrics            string
	control            string
	seed               uint64
	logFormat          string
	open               bool
	origins            []string
	push               []string
	pushing            pushing
}

func (a *app) serve() *cobra.Command {
	var f serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the store to Kuzzle's SDKs",
		Long: `Serve answers Kuzzle's protocol over HTTP and WebSocket, on one address, so that the official SDKs connect. The
store is made if it is absent; with --memory it is in memory, and gone with the command. It prints where
it listens, and ends on an interrupt or SIGTERM, once what is under way is answered.

At first nobody has to log in: whoever reaches the address may do everything. --admin makes an administrator of
that name, with the password of $` + passwordVariable + `, if there is none, and takes all rights from whoever is
not logged in. As long as that was not done serve refuses an address that others can reach, unless --open says
that this is meant. --listen unix:PATH serves on a socket in the file system, for the user alone who serves.
--metrics and --control serve on addresses of their own: figures for Prometheus and Go's profiles, and what
tests in any language need to make the server fail (docs/kuzzle.md).

Pages in a browser may use the server if they come from this machine (http://localhost:8080, say). --origin lets
in pages of another origin, and --origin '*' pages of any.

--mappings, --securities and --fixtures load a JSON file before anything is served, as Kuzzle's loadMappings,
loadSecurities and loadFixtures take them: {"INDEX": {"COLLECTION": MAPPING}}, {"roles", "profiles",
"users"}, and {"INDEX": {"COLLECTION": [LINE, …]}} with lines of Elasticsearch's bulk. Collections that --fixtures
names are created if they are missing.

--upstream sends the changes of the collections of --push on to a Kuzzle or another Kuzzlite, as soon as that is
reached, as kuzzlite push does for a store that is not served: clients write here, also while the line is down.

Each flag that the command line leaves out is taken from $` + serveVariable + `FLAG, such as
$` + serveVariable + `REFRESH_INTERVAL, and then from the file of --config, which is a JSON object:
{"listen": "127.0.0.1:7512", "memory": true, "origin": ["https://shop.example"]}.`,
		Example: `  kuzzlite serve --db shop.db
  kuzzlite serve --memory --fixtures fixtures.json --listen 127.0.0.1:7512
  kuzzlite serve --db edge.db --upstream https://kuzzle.example.com --push plant/readings`,
		Args: positional,
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.memory, "memory", false, "keep the store in memory")
	flags.StringVar(&f.listen, "listen", "127.0.0.1:7512", "where to listen: an `address`, or unix:PATH")
	flags.StringVar(&f.dynamic, "dynamic", "false", "what becomes of fields without a mapping: true, false or strict")
	flags.StringVar(&f.mappings, "mappings", "", "load the mappings of a JSON `file` first")
	flags.StringVar(&f.fixtures, "fixtures", "", "load the documents of a JSON `file` first")
	flags.StringVar(&f.securities, "securities", "", "load the roles, profiles and users of a JSON `file` first")
	flags.StringVar(&f.admin, "admin", "", "make an administrator of this `name` if there is none")
	flags.DurationVar(&f.refresh, "refresh-interval", 0, "how late searches may see what was written; 0: at once")
	flags.StringVar(&f.metrics, "metrics", "", "serve figures for Prometheus, and Go's profiles, on this `address`")
	flags.StringVar(&f.control, "control", "", "with --memory: let tests make the server fail, on this `address`")
	flags.Uint64Var(&f.seed, "seed", 0, "decides for faults of --control that have a probability")
	flags.StringVar(&f.logFormat, "log-format", "text", "text or json")
	flags.BoolVar(&f.open, "open", false, "serve to others than this machine, even if nobody has to log in")
	flags.StringSliceVar(&f.origins, "origin", nil, "let in pages of this `origin` (https://shop.example), or of any: *")
	flags.StringSliceVar(&f.push, "push", nil, "send the changes of this `INDEX/COLLECTION` on to --upstream")
	f.pushing.flags(flags)
	flags.String(configFlag, "", "take what the command line leaves out from a JSON `file`")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := configure(cmd); err != nil {
			return err
		}
		if err := f.check(); err != nil {
			return err
		}
		to, err := f.beginPushing(cmd.Flags())
		if err != nil {
			return err
		}
		if to != nil {
			defer to.Close()
		}
		if f.memory && cmd.Flags().Changed("db") {
			return usage("give --memory or --db, not both: a store in memory has no file")
		}
		serve := func(s *kuzzlite.Store) error { return a.serveStore(cmd.Context(), s, to, &f) }
		if !f.memory {
			return a.withOwnStore(cmd.Context(), creating, kuzzlite.Options{}, serve)
		}
		s, err := kuzzlite.OpenMemory(nil)
		if err != nil {
			return err
		}
		defer s.Close()
		return serve(s)
	}
	return cmd
}

func (f *serving) check() error {
	switch f.dynamic {
	case "true", "false", "strict":
	default:
		return usage("--dynamic must be true, false or strict")
	}
	if f.logFormat != "text" && f.logFormat != "json" {
		return usage("--log-format must be text or json")
	}
	if f.refresh < 0 {
		return usage("--refresh-interval must not be negative")
	}
	if f.admin != "" && os.Getenv(passwordVariable) == "" {
		return usage("--admin needs a password in $%s", passwordVariable)
	}
	for _, side := range []struct{ flag, address string }{{"metrics", f.metrics}, {"control", f.control}} {
		if side.address == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(side.address); err != nil {
			return usage("--%s must be HOST:PORT: %v", side.flag, err)
		}
		if !isLocal(side.address) && !f.open {
			return usage("--%s %s is not of this machine only: --open if that is meant", side.flag, side.address)
		}
	}
	if i := slices.IndexFunc(f.origins, func(origin string) bool { return !isOrigin(origin) }); i >= 0 {
		return usage("--origin %s is no origin: it must be https://HOST or https://HOST:PORT, with nothing behind, or *",
			f.origins[i])
	}
	if f.control != "" && !f.memory {
		return usage("--control is for a store in memory: --memory")
	}
	if f.seed != 0 && f.control == "" {
		return usage("--seed is for faults, which there are with --control")
	}
	if f.listen == unixPrefix {
		return usage("--listen unix: names no socket: it must be unix:PATH")
	}
	if strings.HasPrefix(f.listen, unixPrefix) {
		return nil
	}
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return usage("--listen must be HOST:PORT or unix:PATH: %v", err)
	}
	return nil
}

// isOrigin says whether a browser can name an origin so, or it stands for all. Pages of files have the origin null.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return text == "*" || text == "null" || err == nil && u.Host != "" && text == u.Scheme+"://"+u.Host
}

// isLocal says whether only this machine reaches an address.
func isLocal(address string) bool {
	if strings.HasPrefix(address, unixPrefix) {
		return true
	}
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

const unixPrefix = "unix:"

// shutdownTime is how long requests under way have when the server ends.
const shutdownTime = 20 * time.Second

// serveStore serves a store until ctx is done, and sends its changes to a server unless that is nil.
func (a *app) serveStore(ctx context.Context, s *kuzzlite.Store, to upstream.Server, f *serving) error {
	log, err := logger(f.logFormat, a.stderr)
	if err != nil {
		return err
	}
	side := &sideServices{figures: metrics.New(), control: &faults.Control{
		Injector: faults.New(f.seed), Recorder: &faults.Recorder{}, Store: s,
	}}
	server, err := kuzzle.NewServer(s, &kuzzle.Options{
		DynamicMapping: f.dynamic, RefreshInterval: f.refresh, Origins: f.origins,
		Logger: log, Wrap: side.wrap(f),
	})
	if err != nil {
		return err
	}
	side.figures.Watch(server, s)
	stop, err := a.serveSides(f, side)
	if err != nil {
		return err
	}
	defer stop()
	if to != nil { // before anything is written
		box, err := f.pushing.open(s, to, log)
		if err != nil {
			return err
		}
		defer box.Close()
		side.figures.WatchOutbox(box)
		fmt.Fprintf(a.stderr, "sending changes of %s to %s\n", strings.Join(f.push, ", "), f.pushing.upstream)
	}
	anybody, err := f.prepare(ctx, server)
	if err != nil {
		return err
	}
	listener, err := listen(f.listen)
	if err != nil {
		return err
	}
	a.announce(listener.Addr(), anybody)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err = server.Shutdown(ending)
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// beginPushing returns the server to which changes are sent, nil if the flags name none.
func (f *serving) beginPushing(flags *pflag.FlagSet) (upstream.Server, error) {
	if (f.pushing.upstream == "") != (len(f.push) == 0) {
		return nil, usage("--upstream says where to send changes, and --push which: one needs the other")
	}
	if len(f.push) > 0 {
		return f.pushing.begin(f.push)
	}
	var of pflag.FlagSet
	(&pushing{}).flags(&of)
	alone := ""
	of.VisitAll(func(flag *pflag.Flag) {
		if alone == "" && flags.Changed(flag.Name) {
			alone = flag.Name
		}
	})
	if alone != "" {
		return nil, usage("--%s needs --upstream and --push: where to send changes, and which", alone)
	}
	return nil, nil
}

// prepare loads what the flags say, and returns whether anybody may do everything without logging in.
func (f *serving) prepare(ctx context.Context, server *kuzzle.Server) (anybody bool, err error) {
	for _, load := range []struct{ file, action string }{
		{f.mappings, "loadMappings"}, {f.securities, "loadSecurities"}, {f.fixtures, "loadFixtures"},
	} {
		if load.file != "" {
			if load.action == "loadFixtures" {
				if err := createCollections(ctx, server, load.file); err != nil {
					return false, err
				}
			}
			if err := loadInto(ctx, server, load.file, load.action); err != nil {
				return false, err
			}
		}
	}
	if f.admin != "" {
		if err := makeAdmin(ctx, server, f.admin); err != nil {
			return false, err
		}
	}
	var rights struct{ Allowed bool }
	const question = `{"controller":"security","action":"checkRights","userId":"-1",` +
		`"body":{"controller":"security","action":"createUser"}}`
	if err := asked(ctx, server, question, &rights); err != nil {
		return false, err
	}
	if rights.Allowed && !f.open && !isLocal(f.listen) {
		return false, usage("--listen %s is not of this machine only, and nobody has to log in: --admin makes an "+
			"administrator, --open serves all the same", f.listen)
	}
	return rights.Allowed, nil
}

// makeAdmin makes the first administrator, unless there is one.
func makeAdmin(ctx context.Context, server *kuzzle.Server, name string) error {
	var admin struct{ Exists bool }
	if err := asked(ctx, server, `{"controller":"server","action":"adminExists"}`, &admin); err != nil || admin.Exists {
		return err
	}
	request, err := json.Marshal(map[string]any{
		"controller": "security", "action": "createFirstAdmin", "_id": name, "reset": true,
		"body": map[string]any{"credentials": map[string]any{"local": map[string]string{
			"username": name, "password": os.Getenv(passwordVariable),
		}}},
	})
	if err != nil {
		return err
	}
	if _, err := server.Query(ctx, request); err != nil {
		return fmt.Errorf("make the administrator %s: %w", name, err)
	}
	return nil
}

// asked makes a request, and reads the result.
func asked(ctx context.Context, server *kuzzle.Server, request string, into any) error {
	result, err := server.Query(ctx, json.RawMessage(request))
	if err != nil {
		return err
	}
	return json.Unmarshal(result, into)
}

// announce says where the server listens, who is let in, and how an SDK connects.
func (a *app) announce(at net.Addr, anybody bool) {
	who := "nobody has to log in"
	if !anybody {
		who = "users have to log in"
	}
	tcp, ok := at.(*net.TCPAddr)
	if !ok {
		fmt.Fprintf(a.stderr, "listening on unix:%s; %s\n", at, who)
		return
	}
	host := tcp.IP.String()
	switch {
	case tcp.IP.IsUnspecified():
		host = "localhost"
	case tcp.IP.To4() == nil:
		host = "[" + host + "]"
	}
	fmt.Fprintf(a.stderr, "listening on http://%s and ws://%s; %s\n"+
		"in JavaScript: new Kuzzle(new WebSocket('%s', { port: %d }))\n", at, at, who, host, tcp.Port)
}

// listen listens on an address, or a socket in the file system.
func listen(where string) (net.Listener, error) {
	path, ok := strings.CutPrefix(where, unixPrefix)
	if !ok {
		return net.Listen("tcp", where)
	}
	return kuzzle.ListenUnix(path)
}
