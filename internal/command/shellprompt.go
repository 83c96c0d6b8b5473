package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
)

// The prompt: lines that somebody types.

// prompt runs what is typed, until .exit or the end of the input. The signals that ask the process to end do; an
// interrupt ends no more than the command that runs.
func (sh *shell) prompt() error {
	ctx, stop := signal.NotifyContext(context.WithoutCancel(sh.cmd.Context()), endSignals()...)
	defer stop()
	context.AfterFunc(ctx, stop) // the second ends the process at once
	sh.interrupts = make(chan os.Signal, 1)
	signal.Notify(sh.interrupts, os.Interrupt)
	defer signal.Stop(sh.interrupts)
	sh.timing = true
	e := newEditor(sh)
	fmt.Fprintf(sh.app.stderr, "%s is open; .help says what there is, .exit or Ctrl-D leaves\n", printable(sh.app.db))
	for !sh.done {
		line, err := sh.typedCommand(ctx, e)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() != nil:
			return &failure{code: exitStore, err: errors.New("ended by a signal")}
		case err != nil:
			return fmt.Errorf("read a line: %w", err)
		}
		sh.interruptible(ctx, func(ctx context.Context) { sh.line(ctx, line) })
	}
	return nil
}

// typedCommand returns what is typed, "" if that was cleared. It is several lines if a quote is open.
func (sh *shell) typedCommand(ctx context.Context, e *editor) (string, error) {
	var s statement
	for {
		prompt := sh.promptText()
		if s.open != 0 {
			prompt = "... "
		}
		e.goesOn = s.open != 0
		line, err := e.readLine(ctx, prompt)
		switch {
		case errors.Is(err, errCleared):
			return "", nil
		case err != nil:
			return "", err
		case s.add(line):
			return string(s.text), nil
		}
	}
}

// promptText is the name of the store, and of the collection in use.
func (sh *shell) promptText() string {
	text := filepath.Base(sh.app.db)
	if sh.open.index != "" {
		text += " " + sh.open.index + "/" + sh.open.collection
	}
	return printable(text) + "> "
}

// interruptible runs a command, whose context an interrupt ends.
func (sh *shell) interruptible(ctx context.Context, run func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	select {
	case <-sh.interrupts: // which came when no command ran
	default:
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case <-sh.interrupts:
			fmt.Fprintln(sh.app.stderr) // behind the ^C that the terminal shows
			cancel()
		case <-ctx.Done():
		}
	})
	sh.app.out.until(ctx)
	run(ctx)
	cancel()
	waiting.Wait()
}
