package main

import (
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
)

// children are the processes under way, so that an interrupted run leaves none behind: those that are paused would
// not even notice.
type children struct {
	mu   sync.Mutex // guards list
	list map[*exec.Cmd]struct{}
}

var started = children{list: map[*exec.Cmd]struct{}{}}

func (c *children) start(cmd *exec.Cmd) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	c.list[cmd] = struct{}{}
	return nil
}

func (c *children) wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.list, cmd)
	return err
}

// cleanUpOnInterrupt ends the program on Ctrl-C, without its processes and its data.
func cleanUpOnInterrupt(dir string) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		started.mu.Lock() // never unlocked: no more are started
		for cmd := range started.list {
			cmd.Process.Kill()
		}
		os.RemoveAll(dir)
		os.Exit(130)
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}
