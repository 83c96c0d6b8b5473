package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// The source of the store, for harnesses that compile it.

// StoreModule is the module of the store.
const StoreModule = "github.com/kuzzlite/kuzzlite"

// NeedsSource says what keeps the store from being compiled here.
func NeedsSource() error {
	_, err := StoreDir(context.Background())
	return err
}

// StoreDir returns where the source of the store is.
func StoreDir(ctx context.Context) (string, error) {
	dir, err := GoCommand(ctx, "", "list", "-m", "-f", "{{.Dir}}", StoreModule)
	if err != nil {
		return "", fmt.Errorf("this is to be run in the directory internal/torture, with the go command: %w", err)
	}
	return dir, nil
}

// GoCommand runs the go command in a directory, and returns what it prints.
func GoCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", errors.Join(fmt.Errorf("go %s: %w", strings.Join(args, " "), err), errors.New(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
