package main

import (
	"errors"
	"os"
	"path/filepath"
)

// What the disk allows at most: nothing that is durable when a call returns can make more calls a second, one after the
// other, than the disk can sync. It runs in turn with the others, as if it were one.

var diskContender = contender{
	name:     "disk",
	settings: "no store: one page of 4 KiB overwritten and fdatasync for each call, whatever it holds",
	open:     openDisk,
	limit:    true,
}

type diskStore struct {
	f    *os.File
	page []byte
}

// openDisk makes a file of some pages, so that what is synced later is data only.
func openDisk(dir string) (store, error) {
	f, err := os.Create(filepath.Join(dir, "disk"))
	if err != nil {
		return nil, err
	}
	s := &diskStore{f: f, page: make([]byte, 4096)}
	if _, err := f.Write(s.page); err != nil {
		return nil, err
	}
	return s, f.Sync()
}

func (s *diskStore) upsert([]item, reporter) error {
	if _, err := s.f.WriteAt(s.page, 0); err != nil {
		return err
	}
	return dataSync(s.f)
}

var errNoStore = errors.New("the disk alone is no store")

func (s *diskStore) get(string) ([]byte, uint64, error)                     { return nil, 0, errNoStore }
func (s *diskStore) mutate(string, []byte, mutation) error                  { return errNoStore }
func (s *diskStore) scan(func(id []byte, v uint64, doc []byte) error) error { return errNoStore }
func (s *diskStore) remove([]string) error                                  { return errNoStore }
func (s *diskStore) settle() error                                          { return nil }
func (s *diskStore) close() error                                           { return s.f.Close() }
