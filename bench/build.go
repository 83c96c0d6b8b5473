package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const benchModule = "github.com/kuzzlite/kuzzlite/bench"

// buildSelf compiles this program again, with the flags that mattn's SQLite wants and with its FTS5, and returns its
// path. Where that cannot be done it is the program that runs, and note says what that means.
func buildSelf(dir string) (program, note string, err error) {
	self, err := os.Executable()
	if err != nil || mattnDriver == nil {
		return self, "", err
	}
	if _, path, err := module(); err != nil || path != benchModule {
		return self, "mattn's SQLite is compiled without fdatasync, and has no FTS5 but with the tag sqlite_fts5: this does " +
			"not run in bench/ with the go command", nil
	}
	program = filepath.Join(dir, "bench"+filepath.Ext(self))
	cmd := exec.Command("go", "build", "-tags", "sqlite_fts5", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_CFLAGS="+mattnFlags)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("build the contenders: %w: %s", err, out)
	}
	return program, "", nil
}

// buildPure compiles this program without cgo.
func buildPure(dir string) (program string, err error) {
	program = filepath.Join(dir, "bench-pure")
	cmd := exec.Command("go", "build", "-o", program, benchModule)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build without cgo: %w: %s", err, out)
	}
	return program, nil
}

// commandLine is the path of Kuzzlite's command line, which is compiled when it is needed first.
func (b *bench) commandLine() (string, error) {
	if b.cli == "" {
		program := filepath.Join(b.dir, "kuzzlite"+filepath.Ext(b.program))
		if err := buildCLI(program, ""); err != nil {
			return "", err
		}
		b.cli = program
	}
	return b.cli, nil
}

// buildCLI compiles the command line of the Kuzzlite in a directory, "" is the one that this program has.
func buildCLI(program, dir string) error {
	if dir == "" {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/kuzzlite/kuzzlite").Output()
		if err != nil {
			return fmt.Errorf("find kuzzlite: %w", err)
		}
		dir = strings.TrimSpace(string(out))
	}
	cmd := exec.Command("go", "build", "-o", program, "./cmd/kuzzlite")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build cmd/kuzzlite: %w: %s", err, out)
	}
	return nil
}

// module returns directory and path of the module of the working directory.
func module() (dir, path string, err error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}\n{{.Path}}").Output()
	if err != nil {
		return "", "", err
	}
	dir, path, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	return dir, path, nil
}
