package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/disk"
)

// The files of a store, and how a round has them used.

const (
	StoreName   = "store.db"
	BackupStart = "backup-" // of the name of each backup
)

// maxLogs is how many files the log of a store may have at once.
const maxLogs = 4

// logName is the name of one of the files of the log of the store of a name.
func logName(store string, n int) string { return fmt.Sprintf("%s-log%d", store, n) }

// IsLog says whether a name is that of a file of the log of the store of a name.
func IsLog(name, store string) bool {
	for n := range maxLogs {
		if name == logName(store, n) {
			return true
		}
	}
	return false
}

// Logs returns the paths of the files of a store's log, as far as there are any.
func Logs(path string) (paths []string) {
	for n := range maxLogs {
		if _, err := os.Lstat(logName(path, n)); err == nil {
			paths = append(paths, logName(path, n))
		}
	}
	return paths
}

// NoLogs says whether a store that was closed is one file.
func NoLogs(path string) error {
	if logs := Logs(path); len(logs) > 0 {
		return fmt.Errorf("the store was closed, and there is a log: %s", filepath.Base(logs[0]))
	}
	return nil
}

// CopyStore copies a store that was not closed into a new directory in dir, and returns where it is.
func CopyStore(path, dir string) (string, error) {
	dir, err := os.MkdirTemp(dir, "copy")
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, StoreName)
	err = copyFile(path, to)
	for n := range maxLogs {
		if logErr := copyFile(logName(path, n), logName(to, n)); !errors.Is(logErr, fs.ErrNotExist) {
			err = errors.Join(err, logErr)
		}
	}
	return to, err
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// Unchanged remembers the files of a store, and returns a function that says whether one of them has changed.
func Unchanged(path string) func() error {
	before := contents(path)
	return func() error {
		after := contents(path)
		for name, b := range before {
			if a, there := after[name]; !there || !bytes.Equal(a, b) {
				return fmt.Errorf("%s was changed", name)
			}
		}
		if len(after) > len(before) {
			return errors.New("there are more files than before")
		}
		return nil
	}
}

// contents reads a directory with a store in it, but for its backups.
func contents(path string) map[string][]byte {
	list := map[string][]byte{}
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), BackupStart) {
			list[e.Name()], _ = os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return list
}

// Options are the same for worker and oracle, but for what a round may vary: one in four is Relaxed, one in five has no
// log, and two in seven have a smaller checkpoint than is usual.
func Options(round int) *kuzzlite.Options {
	o := &kuzzlite.Options{
		AutoCreate: true, FeedMaxCount: -1, TombstoneRetention: 1000 * time.Hour, LockTimeout: 10 * time.Second,
	}
	switch {
	case round%4 == 3:
		o.Durability, o.SyncInterval = kuzzlite.Relaxed, 3*time.Millisecond
	case round%5 == 4:
		o.Log = kuzzlite.LogOff
	}
	switch round % 7 {
	case 1:
		o.CheckpointSize = 64 << 10
	case 2:
		o.CheckpointSize = 256 << 10
	}
	return o
}

// Tune has the stores of this process that are opened from now on make checkpoints as those of a round do: of seven
// rounds five make them more often than options allow, in more slices, or of writes that are only a little old. And of
// five rounds four build field indexes in many turns.
func Tune(round int) {
	tuning := []disk.Tuning{
		{},
		{SliceBytes: 4 << 10},
		{SliceBytes: 16 << 10, CheckpointAge: 200 * time.Millisecond},
		{CheckpointSize: 24 << 10, SliceBytes: 4 << 10},
		{CheckpointSize: 8 << 10, SliceBytes: 2 << 10},
		{CheckpointSize: 48 << 10, SliceBytes: 1 << 10, CheckpointAge: 4 * time.Millisecond},
		{CheckpointAge: 20 * time.Millisecond, SliceBytes: 2 << 10},
	}[round%7]
	tuning.BuildDocuments = []int{0, 1, 5, 20, 60}[round%5]
	disk.Tune(tuning)
}

// readOnly draws whether the oracle opens a store for reading only.
func readOnly(seed uint64, round int) bool {
	return rand.New(rand.NewPCG(seed, uint64(round)<<8|1)).IntN(2) == 0
}
