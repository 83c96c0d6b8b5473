//go:build unix

package command

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// servedOn serves a store on a socket in the file system, does something there, ends the server, and returns what the
// command has said.
func servedOn(t *testing.T, s *kuzzlite.Store, socket string, do func(client *http.Client)) string {
	t.Helper()
	said, says := io.Pipe()
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	done := make(chan error, 1)
	go func() {
		done <- (&app{stderr: says}).serveStore(ctx, s, nil, &serving{logFormat: "text", listen: unixPrefix + socket, dynamic: "false"})
		_ = says.Close()
	}()
	line := make([]byte, 1000)
	n, err := said.Read(line)
	if err != nil {
		t.Fatalf("the command says nothing: %v, %v", err, <-done)
	}
	do(&http.Client{Transport: &http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) },
		DisableKeepAlives: true,
	}})
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return string(line[:n])
}

// A socket in the file system is for its user alone, whatever the umask is; it was for everybody with a umask of 0. And
// the command says that nobody has to log in only where that is so.
func TestServeUnixMode(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	s, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	socket := filepath.Join(t.TempDir(), "s")
	said := servedOn(t, s, socket, func(client *http.Client) {
		if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the socket is %v, %v", info.Mode(), err)
		}
		const admin = `{"controller":"security","action":"createFirstAdmin","_id":"root","reset":true,"body":` +
			`{"credentials":{"local":{"username":"root","password":"secret"}}}}`
		answer, err := client.Post("http://server/_query", "application/json", strings.NewReader(admin))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(answer.Body); answer.StatusCode != 200 || err != nil {
			t.Errorf("%s %v", text, err)
		}
		_ = answer.Body.Close()
	})
	if want := "listening on unix:" + socket + "; nobody has to log in\n"; said != want {
		t.Errorf("without rights it says %q, want %q", said, want)
	}
	said = servedOn(t, s, socket, func(*http.Client) {})
	if !strings.HasSuffix(said, "; users have to log in\n") {
		t.Errorf("with rights it says %q", said)
	}
}
