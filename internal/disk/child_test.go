package disk

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Children: processes of the test binary that hold a store open, and may be killed.

// childEnvironment names what a child does, and its argument.
const childEnvironment = "KUZZLITE_DISK_CHILD"

// children are what a child can do with the argument that childCommand was given.
var children = map[string]func(arg string){}

// TestChild is the child of the tests that call childCommand.
func TestChild(t *testing.T) {
	env := os.Getenv(childEnvironment)
	if env == "" {
		t.Skip("is for other tests")
	}
	var what [2]string
	ok(t, json.Unmarshal([]byte(env), &what))
	children[what[0]](what[1])
	os.Exit(0)
}

// childCommand is a child process that does what is asked of it.
func childCommand(name, arg string) *exec.Cmd {
	env, err := json.Marshal([2]string{name, arg})
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), childEnvironment+"="+string(env))
	return cmd
}

// reexecuted says whether this is the child in which a test is to run that leaves the process changed; if not it runs
// the test there.
func reexecuted(t *testing.T) bool {
	t.Helper()
	const environment = "KUZZLITE_DISK_REEXECUTED"
	if os.Getenv(environment) == t.Name() {
		return true
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=55s")
	cmd.Env = append(os.Environ(), environment+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err == nil && strings.Contains(string(out), "--- SKIP: "+t.Name()) {
		t.Skip(string(out))
	}
	if err != nil {
		var told strings.Builder
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "--- PASS") && !strings.Contains(line, "=== ") {
				told.WriteString(line)
			}
		}
		t.Errorf("%v\n%.8000s", err, told.String())
	}
	return false
}
