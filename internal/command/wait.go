package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/remote"
	"github.com/spf13/cobra"
)

const (
	defaultWait = time.Second
	waitStep    = 200 * time.Millisecond // between steps an interrupt can end the wait
)

// waitFlag is for all verbs that open a store.
func (a *app) waitFlag(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&a.wait, "wait", defaultWait,
		"how long to wait for a store that is in use, or a server that starts, such as 30s; 0: not at all")
}

// patiently has a store opened, again and again while it is in use or not reached, until --wait is over. open is told
// how long to wait, as kuzzlite.Options.LockTimeout.
func (a *app) patiently(ctx context.Context, open func(timeout time.Duration) error) error {
	if a.wait < 0 {
		return badDuration("wait")
	}
	deadline := time.Now().Add(a.wait)
	said := a.wait <= defaultWait // nobody wonders about a second
	for {
		timeout := min(waitStep, time.Until(deadline))
		if timeout <= 0 {
			timeout = -1
		}
		next := time.After(timeout) // open may be one that does not wait by itself
		err := open(timeout)
		if !errors.Is(err, kuzzlite.ErrLocked) && !errors.Is(err, remote.ErrUnreachable) || !time.Now().Before(deadline) {
			return err
		}
		if !said {
			fmt.Fprintf(a.stderr, "waiting, %v at most: %s\n", a.wait, printable(err.Error()))
			said = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
		}
	}
}

// badDuration refuses the value of a flag.
func badDuration(flag string) error {
	return usage("--%s must be a length of time such as 500ms, 30s or 5m, 0 or more", flag)
}
