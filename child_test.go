package kuzzlite

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What the tests of damage and failure share: children, which may die, and waiting for what might hang.

// yield lets others run while a test waits for them.
func yield() { runtime.Gosched() }

// patience is how long anything may take that must not hang.
const patience = 20 * time.Second

// within fails the test, with all stacks, if fn does not return.
func within(t testing.TB, what string, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		stacks := make([]byte, 1<<20)
		t.Fatalf("hangs: %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
	}
}

// fingerprintOf is all that shows that a file was changed, which must be there.
func fingerprintOf(t testing.TB, path string) string {
	t.Helper()
	print := fingerprint(path)
	if print == "" {
		t.Fatalf("%s is not there", path)
	}
	return print
}

// openFiles counts the descriptors of this process for files in the directory of path, removed ones too; where the
// system does not tell, it is 0.
func openFiles(path string) (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		target, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if strings.HasPrefix(target, filepath.Dir(path)+"/") && !strings.HasPrefix(target, path+"-log") { // that comes and goes
			n++
		}
	}
	return n
}

// opens closes the store and opens it again on a disk that is well.
func (f *fixture) opens() {
	f.t.Helper()
	within(f.t, "Close", func() { _ = f.s.Close() })
	f.s = f.reopened(nil)
	f.sound()
}

// childEnvironment names what a child of the test binary does; the rest is its argument.
const childEnvironment = "KUZZLITE_CHILD"

// children are what a child can do; each gets what inChild was given and returns what inChild returns.
var children = map[string]func(arg string) any{}

// TestChild is the child of the tests that call inChild.
func TestChild(t *testing.T) {
	var what [2]string
	env := os.Getenv(childEnvironment)
	if env == "" {
		t.Skip("is for other tests")
	}
	if err := json.Unmarshal([]byte(env), &what); err != nil {
		t.Fatal(err)
	}
	result, err := json.Marshal(children[what[0]](what[1]))
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout.Write(result)
	os.Exit(0)
}

// childCommand is a child process that does what is asked of it.
func childCommand(name, arg string) *exec.Cmd {
	env, err := json.Marshal([2]string{name, arg})
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.timeout=3m")
	cmd.Env = append(cmd.Environ(), childEnvironment+"="+string(env))
	return cmd
}

// inChild has a child do something, and fails the test if the child dies of it.
func inChild[T any](t testing.TB, name, arg string) (result T) {
	t.Helper()
	cmd := childCommand(name, arg)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("the process died: %v\n%s%s", err, out, head(stderr.String(), 3000))
		return result
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return result
}

func head(s string, n int) string { return s[:min(n, len(s))] }

// copyOf copies a file.
func copyOf(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
