// Package gotest runs tests of the store's own packages, at greater length than go test does.
package gotest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Some harnesses run tests of the store's own packages, at greater length than go test does. They are compiled from the
// source that this module uses; an overlay in GOFLAGS reaches them.

// testPackage is a package of the store, and its tests as a program.
type testPackage struct {
	path, dir string // of the source
	program   string
}

// storePackages lists the packages of the store.
func storePackages(ctx context.Context) (list []testPackage, err error) {
	root, err := harness.StoreDir(ctx)
	if err != nil {
		return nil, err
	}
	out, err := harness.GoCommand(ctx, root, "list", "-f", "{{.ImportPath}}\t{{.Dir}}", "./...")
	for line := range strings.Lines(out) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			list = append(list, testPackage{path: path, dir: dir})
		}
	}
	if err == nil && (len(list) == 0 || list[0].dir != root) {
		err = fmt.Errorf("%s is not the first package of its module", harness.StoreModule)
	}
	return list, err
}

// compile compiles the tests of a package into a directory.
func (p *testPackage) compile(ctx context.Context, dir string, flags ...string) error {
	p.program = filepath.Join(dir, strings.ReplaceAll(p.path, "/", "_")+".test")
	_, err := harness.GoCommand(ctx, p.dir, append(append([]string{"test", "-c", "-o", p.program}, flags...), ".")...)
	return err
}

// command is a run of the tests. It ends by an interrupt if ctx ends, and tests that have children end these then.
func (p *testPackage) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.program, args...)
	cmd.Dir = p.dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}
