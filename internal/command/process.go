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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	a := &app{schemes: schemes, stdin: os.Stdin, out: newOutput(os.Stdout), stderr: os.Stderr}
	return a.run(ctx, os.Args[1:])
}
