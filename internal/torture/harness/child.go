package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Children are this program, started again, with a task in the environment: so that they may be killed, and share no
// memory with whoever judges them.

// ChildEnvironment holds the task.
const ChildEnvironment = "KUZZLITE_TORTURE"

// Task is what a child does, with its argument as JSON. An error is written to standard error, and the child fails.
type Task func(arg json.RawMessage) error

// Errand is what a child is to do: the name of a task, and its argument.
type Errand struct {
	Name string
	Arg  json.RawMessage
}

// Main is for main and TestMain of a program that starts children of these harnesses: it does the task of this
// process, if it is a child, and otherwise runs run. It ends the process.
func Main(run func() int, list ...Harness) {
	text := os.Getenv(ChildEnvironment)
	if text == "" {
		os.Exit(run())
	}
	if err := doErrand(text, list); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func doErrand(text string, list []Harness) error {
	var e Errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return err
	}
	for _, h := range list {
		if do, ok := h.Tasks[e.Name]; ok {
			return do(e.Arg)
		}
	}
	return fmt.Errorf("there is no task %q", e.Name)
}

// Silence is how long a child may say nothing before it counts as hanging.
const Silence = 60 * time.Second

// Child is a process that will do a task.
func Child(name string, arg any) (*exec.Cmd, error) {
	raw, err := json.Marshal(arg)
	if err != nil {
		return nil, err
	}
	env, err := json.Marshal(Errand{name, raw})
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(cmd.Environ(), ChildEnvironment+"="+string(env))
	return cmd, nil
}
