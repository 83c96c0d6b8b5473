// Package command is the command line of the embedded document store: it loads, reads, changes and looks after a store.
package command

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Main runs the command line of this process and returns its exit code. The first interrupt lets the command stop in
// its own way, the second ends the process. Stores are in files, and where the schemes say.
func Main(schemes ...Scheme) int {
	ctx, stop := untilSignal()
	defer stop()
	context.AfterFunc(ctx, stop)
	a := &app{
		schemes: schemes, stdin: os.Stdin, out: newOutput(unlessUnread(ctx, os.Stdout)), stderr: unlessUnread(ctx, os.Stderr),
	}
	a.terminals = [2]bool{isTerminal(os.Stdin), isTerminal(os.Stderr)}
	return a.run(ctx, os.Args[1:])
}

// untilSignal returns a context that ends with the first interrupt, or signal that asks the process to end.
func untilSignal() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), append(endSignals(), os.Interrupt)...)
}

// endSignals are those that ask the process to end. A terminal that is closed asks as well, unless nohup has the
// process go on.
func endSignals() []os.Signal {
	signals := []os.Signal{syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
