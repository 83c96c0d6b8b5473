//go:build unix

package command

import (
	"os/signal"
	"syscall"
	"testing"
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
