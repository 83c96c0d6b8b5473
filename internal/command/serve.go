package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/spf13/cobra"
)

// Serving Kuzzle's protocol.

// serving are the flags of serve.
type serving struct {
	memory             bool
	listen             string
	dynamic            string
	mappings, fixtures string
	logFormat          string
	open               bool
}

func (a *app) serve() *cobra.Command {
	var f serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the store to Kuzzle's SDKs",
		Long: `Serve answers Kuzzle's protocol over HTTP and WebSocket, on one address, so that the official SDKs connect. The
store is made if it is absent; with --memory it is in memory, and gone with the command. It prints where
it listens, and ends on an interrupt or SIGTERM, once what is under way is answered.

Nobody has to log in, and whoever reaches the address may do everything, until a first administrator sets rights
(security:createFirstAdmin with reset). Nothing is encrypted. So serve refuses an address that other machines
can reach, unless --open says that this is meant. --listen unix:PATH serves on a socket in the file system,
which is for the user alone who serves.

--mappings and --fixtures load a JSON file before anything is served: {"INDEX": {"COLLECTION": MAPPING}}, and
{"INDEX": {"COLLECTION": [LINE, …]}} with lines of Elasticsearch's bulk, as Kuzzle's loadMappings and
loadFixtures take them.`,
		Example: `  kuzzlite serve --db shop.db
  kuzzlite serve --memory --fixtures fixtures.json --listen 127.0.0.1:7512`,
		Args: positional,
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.memory, "memory", false, "keep the store in memory")
	flags.StringVar(&f.listen, "listen", "127.0.0.1:7512", "where to listen: an `address`, or unix:PATH")
	flags.StringVar(&f.dynamic, "dynamic", "false", "what becomes of fields without a mapping: true, false or strict")
	flags.StringVar(&f.mappings, "mappings", "", "load the mappings of a JSON `file` first")
	flags.StringVar(&f.fixtures, "fixtures", "", "load the documents of a JSON `file` first")
	flags.StringVar(&f.logFormat, "log-format", "text", "text or json")
	flags.BoolVar(&f.open, "open", false, "serve to other machines too: unencrypted, and without a login unless rights are set")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := f.check(); err != nil {
			return err
		}
		serve := func(s *kuzzlite.Store) error { return a.serveStore(cmd.Context(), s, &f) }
		if !f.memory {
			return a.withStore(cmd.Context(), creating, kuzzlite.Options{}, serve)
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
	if strings.HasPrefix(f.listen, unixPrefix) {
		return nil
	}
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return usage("--listen must be HOST:PORT or unix:PATH: %v", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && !f.open {
		return usage("--listen %s is not of this machine only: nothing is encrypted, and nobody has to log in unless "+
			"rights are set; --open if that is meant", f.listen)
	}
	return nil
}

const unixPrefix = "unix:"

// shutdownTime is how long requests under way have when the server ends.
const shutdownTime = 20 * time.Second

// serveStore serves a store until ctx is done.
func (a *app) serveStore(ctx context.Context, s *kuzzlite.Store, f *serving) error {
	var handler slog.Handler = slog.NewTextHandler(a.stderr, nil)
	if f.logFormat == "json" {
		handler = slog.NewJSONHandler(a.stderr, nil)
	}
	server, err := kuzzle.NewServer(s, &kuzzle.Options{DynamicMapping: f.dynamic, Logger: slog.New(handler)})
	if err != nil {
		return err
	}
	for _, load := range []struct{ file, action string }{{f.mappings, "loadMappings"}, {f.fixtures, "loadFixtures"}} {
		if load.file != "" {
			if err := loadInto(ctx, server, load.file, load.action); err != nil {
				return err
			}
		}
	}
	listener, err := listen(f.listen)
	if err != nil {
		return err
	}
	a.announce(listener.Addr(), mayDoAll(ctx, server))
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

// announce says where the server listens, and whether everybody may do everything there.
func (a *app) announce(at net.Addr, everything bool) {
	where, who := fmt.Sprintf("http://%s and ws://%s", at, at), "rights are set: who does not log in is anonymous"
	if at.Network() == "unix" {
		where = fmt.Sprintf("unix:%s", at)
	}
	if everything {
		who = "nobody has to log in"
	}
	fmt.Fprintf(a.stderr, "listening on %s; %s\n", where, who)
}

// mayDoAll says whether somebody who has not logged in may do everything.
func mayDoAll(ctx context.Context, server *kuzzle.Server) bool {
	result, err := server.Query(ctx, json.RawMessage(`{"controller":"auth","action":"getMyRights"}`))
	if err != nil {
		return false
	}
	var rights struct {
		Hits []struct{ Controller, Action, Index, Collection, Value string }
	}
	if err := json.Unmarshal(result, &rights); err != nil {
		return false
	}
	for _, r := range rights.Hits {
		if r.Value == "allowed" && r.Controller+r.Action+r.Index+r.Collection == "****" {
			return true
		}
	}
	return false
}

// listen listens on an address, or a socket in the file system.
func listen(where string) (net.Listener, error) {
	path, ok := strings.CutPrefix(where, unixPrefix)
	if !ok {
		return net.Listen("tcp", where)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("listen on %s: another server does", where)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 { // of a server that was killed
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil { // a umask may have let others in
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// loadInto has the server take in a file.
func loadInto(ctx context.Context, server *kuzzle.Server, file, action string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !json.Valid(text) {
		return fmt.Errorf("%s is not valid JSON", file)
	}
	request := append([]byte(`{"controller":"admin","action":"`+action+`","refresh":"wait_for","body":`), text...)
	if _, err := server.Query(ctx, append(request, '}')); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
