package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// Children are this program, started again, with a task in the environment: so that they may be killed, and share no
// memory with whoever judges them.

// childEnvironment holds the task.
const childEnvironment = "KUZZLITE_TORTURE"

// task is what a child is to do: the name of one of childTasks, and what that takes, as JSON.
type task struct {
	Name string
	Arg  json.RawMessage
}

// childTasks are what a child can do.
var childTasks = map[string]func(arg json.RawMessage) error{
	"work":   work,
	"script": runScript,
	"fill":   fill,
	"rot":    rot,
	"soak":   soakStore,
	"linear": liveLinear,
	"record": record,
	"images": checkImages,
}

func isChild() bool { return os.Getenv(childEnvironment) != "" }

// runChild does the task of this process, and ends it.
func runChild() {
	var t task
	err := json.Unmarshal([]byte(os.Getenv(childEnvironment)), &t)
	if err == nil {
		do, ok := childTasks[t.Name]
		if !ok {
			panic("no task " + t.Name)
		}
		err = do(t.Arg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is a process that will do a task.
func child(name string, arg any) (*exec.Cmd, error) {
	raw, err := json.Marshal(arg)
	if err != nil {
		return nil, err
	}
	env, err := json.Marshal(task{name, raw})
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(cmd.Environ(), childEnvironment+"="+string(env))
	return cmd, nil
}
