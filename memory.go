package kuzzlite

import (
	"os"
	"runtime"

	bolt "go.etcd.io/bbolt"
)

// A store in memory is a bbolt file that no name leads to, never synced: the engine and the code path are those of a
// store on disk.

// newMemory returns an empty bbolt file in memory.
func newMemory() (*engine, error) {
	f, err := memoryFile()
	if err != nil {
		return nil, err
	}
	e := &engine{file: f}
	if runtime.GOOS == "windows" { // which does not remove a file that is open
		e.cleanup = func() { os.Remove(f.Name()) }
	}
	e.db, err = bolt.Open(f.Name(), 0, &bolt.Options{
		NoSync:          true,
		NoGrowSync:      true,
		NoFreelistSync:  true,
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: initialMapSize(0),
		OpenFile:        func(string, int, os.FileMode) (*os.File, error) { return f, nil },
	})
	if err != nil {
		f.Close()
		if e.cleanup != nil {
			e.cleanup()
		}
		return nil, err
	}
	return e, nil
}

// unlinkedFile returns a temporary file whose name is gone already where the system allows that.
func unlinkedFile() (*os.File, error) {
	f, err := os.CreateTemp("", "kuzzlite-memory-*")
	if err == nil && runtime.GOOS != "windows" {
		os.Remove(f.Name())
	}
	return f, err
}
