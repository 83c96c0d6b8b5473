//go:build unix

package command

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSignals sends this process the signals that end a command.
func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(s) {
			t.Logf("%v is ignored here, as by nohup", s)
			continue
		}
		ctx, stop := untilSignal()
		if err := syscall.Kill(syscall.Getpid(), s); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		stop()
	}
}

// TestNohup: what nohup has the process ignore stays ignored.
func TestNohup(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	_, stop := untilSignal()
	defer stop()
	if !signal.Ignored(syscall.SIGHUP) {
		t.Error("a hangup is no longer ignored")
	}
}

// TestUnread sends a signal to processes whose standard output is a full pipe. They waited for the pipe for ever.
func TestUnread(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	huge := `{"_id":"a","changes":{"x":"` + strings.Repeat("x", 1<<20) + `"}}`
	must(t, huge, "mupsert", "--db", db, "--create", "i", "c")
	for _, args := range [][]string{
		{"get", "i", "c", "a"}, {"list", "i", "c"}, {"dump"}, {"mupsert", "--json", "i", "c"},
	} {
		for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			copied := filepath.Join(t.TempDir(), "a.db")
			must(t, "", "backup", "--db", db, copied)
			t.Run(args[0]+" "+s.String(), func(t *testing.T) {
				t.Parallel()
				endUnread(t, s, strings.Replace(huge, "xx", "yy", 1), append(args, "--db", copied))
				must(t, "", "check", "--db", copied)
				if left, _ := filepath.Glob(copied + "?*"); len(left) > 0 {
					t.Errorf("the store was not closed: there is %q", left)
				}
			})
		}
	}
}

// endUnread runs a process, sends it a signal when it has begun to print more than its pipe can hold, and checks that
// the process ends.
func endUnread(t *testing.T, s syscall.Signal, stdin string, args []string) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "kuzzlite", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), w, &errs
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Signal(s); err != nil {
		t.Error(err)
	}
	_ = w.Close()
	err = cmd.Wait()
	want := "write output: nobody reads it, and the command was interrupted"
	if code := cmd.ProcessState.ExitCode(); code != exitStore || !strings.Contains(errs.String(), want) {
		t.Errorf("%v, and it said\n%s", err, errs.String())
	}
}
