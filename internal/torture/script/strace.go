package script

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// System calls, seen and tampered with from outside, by strace. It follows the main thread only, as it counts calls for
// each thread, and an n-th call there is somewhere else than the one of another.

// systemCalls are those by which a store changes its files, and the one by which it reads them.
var systemCalls = []string{
	"openat", "write", "pwrite64", "fdatasync", "fsync", "sync_file_range", "ftruncate", "linkat", "rename", "renameat",
	"renameat2", "unlinkat", "mmap",
}

// systemCall is one of a script.
type systemCall struct {
	name string
	n    int    // how many of the name there were on the thread, with this one
	step int    // of the script, -1: before the first
	nth  int    // of those of the name that are ours in the step
	args string // as strace writes them, with the paths of descriptors
	meta bool   // it syncs a meta page of the store's file, the end of a commit
	late bool   // its step has given a file another name before
	ours bool   // it concerns the script's files, or what it tells
}

func (c systemCall) tells() bool { return c.name == "write" && strings.HasPrefix(c.args, "1<") }

// ofCopy says whether it is about a file that will get its name once it is whole.
func (c systemCall) ofCopy() bool { return strings.Contains(c.args, "/.kuzzlite-") }

// ofLog says whether it is about a file of a log.
func (c systemCall) ofLog() bool { return strings.Contains(c.args, oracle.StoreName+"-log") }

var (
	traced    = regexp.MustCompile(`^(\w+)\((.*)`)
	traceStep = regexp.MustCompile(`^1<[^>]*>, "begin (\d+) `)
)

// parseTrace reads what strace has written of a script in dir.
func parseTrace(trace, dir string) (calls []systemCall) {
	counts, nths := map[string]int{}, map[string]int{}
	step := -1
	for line := range strings.Lines(trace) {
		m := traced.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			continue
		}
		counts[m[1]]++
		c := systemCall{name: m[1], n: counts[m[1]], args: m[2]}
		if s := traceStep.FindStringSubmatch(c.args); s != nil && c.tells() {
			step, _ = strconv.Atoi(s[1])
			clear(nths)
		}
		c.step = step
		if c.ours = concerns(c, dir); c.ours {
			nths[c.name]++
			c.nth = nths[c.name]
		}
		calls = append(calls, c)
	}
	return calls
}

// concerns says whether a call is one of the store's, or tells of a step. What the script does itself is not: it copies
// the backup, and that is all.
func concerns(c systemCall, dir string) bool {
	temporary := strings.Contains(c.args, filepath.Join(dir, ".kuzzlite-"))
	switch c.name {
	case "openat":
		return (temporary || c.ofLog()) && strings.Contains(c.args, "O_CREAT") && strings.Contains(c.args, dir)
	case "write":
		return temporary || c.tells()
	}
	return strings.Contains(c.args, dir)
}

// traceRun runs a script under strace, with what is to be injected, and returns what it told and which calls it
// made.
func traceRun(ctx context.Context, s task, inject string) (out string, calls []systemCall, err error) {
	cmd, err := harness.Child("script", s)
	if err != nil {
		return "", nil, err
	}
	trace := s.Dir + ".trace"
	args := []string{"-qq", "-y", "-s", "32", "-e", "signal=none", "-o", trace}
	if inject == "" {
		args = append(args, "-e", "trace="+strings.Join(systemCalls, ","))
	} else {
		name, _, _ := strings.Cut(inject, ":")
		args = append(args, "-e", "trace=write,"+name, "-e", "inject="+inject)
	}
	hung := fmt.Errorf("the script hangs: it has not ended within %v", harness.Silence)
	ctx, cancel := context.WithTimeoutCause(ctx, harness.Silence, hung)
	defer cancel()
	under := exec.CommandContext(ctx, "strace", append(args, cmd.Args...)...)
	under.Cancel = func() error { return under.Process.Signal(syscall.SIGTERM) } // which it passes on
	under.WaitDelay = 5 * time.Second
	under.Env = append(cmd.Env, "GOGC=off") // so that fewer calls are the runtime's
	var stdout, stderr bytes.Buffer
	under.Stdout, under.Stderr = &stdout, &stderr
	ended := under.Run()
	if ctx.Err() != nil {
		return "", nil, fmt.Errorf("%w\nit told:\n%s", context.Cause(ctx), stdout.String())
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %v, %s", err, ended, stderr.String())
	}
	if ended != nil && stderr.Len() > 0 {
		fmt.Fprintf(&stdout, "ended %v: %.2000s\n", ended, strings.ReplaceAll(stderr.String(), "\n", "; "))
	}
	return stdout.String(), parseTrace(string(text), s.Dir), os.Remove(trace)
}

// canTrace says what keeps strace from working here.
func canTrace() error {
	if _, err := exec.LookPath("strace"); err != nil {
		return err
	}
	cmd := exec.Command("strace", "-qq", "-e", "trace=none", "-e", "inject=getppid:error=EIO", "true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("strace may not trace here: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}
