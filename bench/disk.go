package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// What the disk allows at most. These run in turn with the others, as if they were contenders.
//
// disk: nothing that is durable when a call returns can make more calls a second, one after the other, than the disk
// can sync. append: the same for who appends to a log, into space that the file has already. random4k: who keeps
// documents in their places must write a page for almost each of them, at some time, if they are scattered in a large
// store: so nothing of that kind is faster, for long, than the disk writes pages.

var diskContenders = []contender{
	{
		name:     "disk",
		settings: "no store: one page of 4 KiB overwritten and fdatasync for each call, whatever it holds",
		open:     openDisk,
		limit:    true,
	},
	{
		name:     "append",
		settings: "no store: 1 KiB appended and fdatasync for each call, into a file whose 16 MiB were written before",
		open:     openAppend,
		limit:    true,
	},
	{
		name: "random4k",
		settings: "no store: a page of 4 KiB for each document, at random places of a file as large as the documents with " +
			"half as much again, in the order of the places, and fdatasync after each 1,000 pages and more",
		open:  openRandom,
		limit: true,
	},
}

type diskStore struct {
	f    *os.File
	page []byte
}

// openDisk makes a file of some pages, so that what is synced later is data only.
func openDisk(dir string) (store, error) {
	s, err := newDiskStore(dir, 4096)
	if err != nil {
		return nil, err
	}
	if _, err := s.f.Write(s.page); err != nil {
		return nil, err
	}
	return s, s.f.Sync()
}

func newDiskStore(dir string, size int) (*diskStore, error) {
	f, err := os.Create(filepath.Join(dir, "disk"))
	if err != nil {
		return nil, err
	}
	s := &diskStore{f: f, page: make([]byte, size)}
	for i := range s.page { // or a disk could keep a hole
		s.page[i] = byte(mix(uint64(i)))
	}
	return s, nil
}

func (s *diskStore) upsert([]item, reporter) error {
	if _, err := s.f.WriteAt(s.page, 0); err != nil {
		return err
	}
	return dataSync(s.f)
}

// appender appends records one after the other, and begins anew at the end of the space.
type appender struct {
	*diskStore
	at int64
}

const appendSpace = 16 << 20

func openAppend(dir string) (store, error) {
	s, err := newDiskStore(dir, 1024)
	if err != nil {
		return nil, err
	}
	a := &appender{s, 0}
	return a, a.size(appendSpace)
}

// size makes a file of so many bytes, all of which are on the disk.
func (s *diskStore) size(bytes int64) error {
	for at := int64(0); at < bytes; at += int64(len(s.page)) {
		if _, err := s.f.WriteAt(s.page, at); err != nil {
			return err
		}
	}
	return s.f.Sync()
}

func (s *appender) upsert([]item, reporter) error {
	if _, err := s.f.WriteAt(s.page, s.at); err != nil {
		return err
	}
	s.at = (s.at + int64(len(s.page))) % appendSpace
	return dataSync(s.f)
}

// scatterer overwrites pages at random places.
type scatterer struct {
	*diskStore
	pages   int64 // of the file
	drawn   uint64
	places  []int64
	pending int // pages since the last sync
}

// syncEvery is how many pages are synced together.
const syncEvery = 1000

func openRandom(dir string) (store, error) {
	s, err := newDiskStore(dir, 4096)
	return &scatterer{diskStore: s}, err
}

// prepareFor makes the file.
func (s *scatterer) prepareFor(documents, size int) error {
	s.pages = max(1, int64(documents)*int64(size)*3/2/int64(len(s.page)))
	return s.size(s.pages * int64(len(s.page)))
}

func (s *scatterer) upsert(items []item, _ reporter) error {
	s.places = s.places[:0]
	for range items {
		s.places = append(s.places, int64(mix(s.drawn)%uint64(s.pages)))
		s.drawn++
	}
	slices.Sort(s.places)
	for _, place := range s.places {
		if _, err := s.f.WriteAt(s.page, place*int64(len(s.page))); err != nil {
			return err
		}
	}
	if s.pending += len(items); s.pending < syncEvery {
		return nil
	}
	s.pending = 0
	return dataSync(s.f)
}

var errNoStore = errors.New("the disk alone is no store")

func (s *diskStore) get(string) ([]byte, uint64, error)                     { return nil, 0, errNoStore }
func (s *diskStore) mutate(string, []byte, mutation) error                  { return errNoStore }
func (s *diskStore) scan(func(id []byte, v uint64, doc []byte) error) error { return errNoStore }
func (s *diskStore) remove([]string) error                                  { return errNoStore }
func (s *diskStore) settle() error                                          { return nil }
func (s *diskStore) close() error                                           { return s.f.Close() }
