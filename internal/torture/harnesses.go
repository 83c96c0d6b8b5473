package main

import (
	"github.com/kuzzlite/kuzzlite/internal/torture/awake"
	"github.com/kuzzlite/kuzzlite/internal/torture/backup"
	"github.com/kuzzlite/kuzzlite/internal/torture/diskfull"
	"github.com/kuzzlite/kuzzlite/internal/torture/gotest"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/kill"
	"github.com/kuzzlite/kuzzlite/internal/torture/linear"
	"github.com/kuzzlite/kuzzlite/internal/torture/pairs"
	"github.com/kuzzlite/kuzzlite/internal/torture/powercut"
	"github.com/kuzzlite/kuzzlite/internal/torture/rot"
	"github.com/kuzzlite/kuzzlite/internal/torture/script"
	"github.com/kuzzlite/kuzzlite/internal/torture/soak"
	"github.com/kuzzlite/kuzzlite/internal/torture/turns"
)

// harnesses are all harnesses, in the order in which they are run.
var harnesses = []harness.Harness{
	kill.Harness,
	script.Harness,
	diskfull.Harness,
	backup.Harness,
	rot.Harness,
	gotest.Model,
	gotest.Fuzz,
	gotest.Tests,
	linear.Harness,
	linear.Crash,
	soak.Harness,
	pairs.Harness,
	turns.Harness,
	powercut.Harness,
	awake.Harness,
}

func harnessNames() (names []string) {
	for _, h := range harnesses {
		names = append(names, h.Name)
	}
	return names
}
