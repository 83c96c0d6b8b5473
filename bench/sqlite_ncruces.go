package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/ncruces/go-sqlite3"
)

// SQLite compiled to WebAssembly and from there to Go, by its own API and not by database/sql: that is a layer less,
// and its driver registers the name of mattn's, which panics. The statements, the pragmas and the one connection under a
// mutex are those of the other drivers. It syncs with fdatasync on Linux by default.

var ncrucesContenders = []contender{
	{
		name:       "ncruces",
		settings:   sqliteSettings + ", one statement a document in BEGIN IMMEDIATE … COMMIT, its own API",
		open:       func(dir string) (store, error) { return openNcruces(dir, false, false) },
		openShared: func(dir string) (store, error) { return openNcruces(dir, false, true) },
	},
	{
		name:       "ncruces-each",
		settings:   sqliteSettings + ", one statement over json_each a batch, its own API",
		filledBy:   "ncruces",
		open:       func(dir string) (store, error) { return openNcruces(dir, true, false) },
		openShared: func(dir string) (store, error) { return openNcruces(dir, true, true) },
	},
}

type ncrucesStore struct {
	each    bool
	readers chan *ncrucesReader // nil: the one connection reads too

	mu                   sync.Mutex // guards all below
	conn                 *sqlite3.Conn
	one, all, read       *sqlite3.Stmt
	update, list, delete *sqlite3.Stmt
	asked                map[string]*sqlite3.Stmt // see ask
	batch                []byte
}

// ncrucesReader is a connection that only reads.
type ncrucesReader struct {
	conn *sqlite3.Conn
	read *sqlite3.Stmt
}

func openNcruces(dir string, each, shared bool) (store, error) {
	path := filepath.Join(dir, "sqlite.db")
	conn, err := connectNcruces(path, shared)
	if err != nil {
		return nil, err
	}
	s := &ncrucesStore{each: each, conn: conn}
	if err := conn.Exec(sqliteTable); err != nil {
		return nil, err
	}
	for text, stmt := range map[string]**sqlite3.Stmt{
		sqliteUpsert: &s.one, sqliteEach: &s.all, sqliteGet: &s.read,
		sqliteUpdate: &s.update, sqliteScan: &s.list, sqliteDelete: &s.delete,
	} {
		if *stmt, _, err = conn.PrepareFlags(text, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, fmt.Errorf("prepare %s: %w", text, err)
		}
	}
	if shared {
		return s, s.openReaders(path)
	}
	return s, nil
}

// ncrucesMemory is how much memory a connection may have. Its default, 256 MiB, is what the cache alone takes.
const ncrucesMemory = 2 << 30

func connectNcruces(path string, shared bool) (*sqlite3.Conn, error) {
	conn, err := sqlite3.OpenContext(sqlite3.WithMaxMemory(context.Background(), ncrucesMemory), path)
	if err != nil {
		return nil, err
	}
	for _, p := range sqlitePragmas(shared) {
		if err := conn.Exec("PRAGMA " + p); err != nil {
			return nil, fmt.Errorf("pragma %s: %w", p, err)
		}
	}
	return conn, nil
}

func (s *ncrucesStore) openReaders(path string) (err error) {
	s.readers = make(chan *ncrucesReader, sqliteReaders)
	for range sqliteReaders {
		var r ncrucesReader
		if r.conn, err = connectNcruces(path, true); err != nil {
			return err
		}
		if r.read, _, err = r.conn.PrepareFlags(sqliteGet, sqlite3.PREPARE_PERSISTENT); err != nil {
			return err
		}
		s.readers <- &r
	}
	return nil
}

func (s *ncrucesStore) upsert(items []item, report reporter) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(items) == 1:
		return s.upsertOne(0, items[0], report)
	case s.each:
		return s.upsertEach(items, report)
	}
	tx, err := s.conn.BeginImmediate()
	if err != nil {
		return err
	}
	defer tx.End(&err)
	for i, it := range items {
		if err := s.upsertOne(i, it, report); err != nil {
			return err
		}
	}
	return nil
}

func (s *ncrucesStore) upsertOne(pos int, it item, report reporter) error {
	if err := errors.Join(s.one.BindText(1, it.id), s.one.BindRawText(2, it.changes)); err != nil {
		return err
	}
	for s.one.Step() {
		report(pos, uint64(s.one.ColumnInt64(0)), s.one.ColumnRawText(1))
	}
	return s.one.Reset()
}

func (s *ncrucesStore) upsertEach(items []item, report reporter) error {
	s.batch = appendBatch(s.batch[:0], items)
	if err := s.all.BindRawText(1, s.batch); err != nil {
		return err
	}
	for pos := 0; s.all.Step(); pos++ {
		if id := s.all.ColumnRawText(0); string(id) != items[pos].id {
			return errors.Join(fmt.Errorf("result %d is of another document", pos), s.all.Reset())
		}
		report(pos, uint64(s.all.ColumnInt64(1)), s.all.ColumnRawText(2))
	}
	return s.all.Reset()
}

func (s *ncrucesStore) get(id string) (doc []byte, version uint64, err error) {
	if s.readers != nil {
		r := <-s.readers
		defer func() { s.readers <- r }()
		return readNcruces(r.read, id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return readNcruces(s.read, id)
}

func readNcruces(read *sqlite3.Stmt, id string) (doc []byte, version uint64, err error) {
	if err := read.BindText(1, id); err != nil {
		return nil, 0, err
	}
	if !read.Step() {
		return nil, 0, errors.Join(errMissing, read.Reset())
	}
	version, doc = uint64(read.ColumnInt64(0)), read.ColumnBlob(1, nil)
	return doc, version, read.Reset()
}

func (s *ncrucesStore) mutate(id string, _ []byte, fn mutation) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx, err := s.conn.BeginImmediate()
	if err != nil {
		return err
	}
	defer tx.End(&err)
	doc, _, err := readNcruces(s.read, id)
	if err != nil {
		return err
	}
	changes, err := fn(doc)
	if err != nil {
		return err
	}
	if err := errors.Join(s.update.BindText(1, id), s.update.BindRawText(2, changes)); err != nil {
		return err
	}
	s.update.Step()
	return s.update.Reset()
}

func (s *ncrucesStore) scan(fn func(id []byte, version uint64, doc []byte) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { err = errors.Join(err, s.list.Reset()) }()
	for s.list.Step() {
		err := fn(s.list.ColumnRawText(0), uint64(s.list.ColumnInt64(1)), s.list.ColumnBlob(2, nil))
		if err != nil {
			return err
		}
	}
	return nil // Reset tells
}

func (s *ncrucesStore) remove(ids []string) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx, err := s.conn.BeginImmediate()
	if err != nil {
		return err
	}
	defer tx.End(&err)
	for _, id := range ids {
		if err := s.delete.BindText(1, id); err != nil {
			return err
		}
		s.delete.Step()
		if err := s.delete.Reset(); err != nil {
			return err
		}
	}
	return nil
}

func (s *ncrucesStore) settle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range sqliteSettle {
		if err := s.conn.Exec(text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

func (s *ncrucesStore) close() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.readers) > 0 {
		r := <-s.readers
		err = errors.Join(err, r.read.Close(), r.conn.Close())
	}
	for _, stmt := range []*sqlite3.Stmt{s.one, s.all, s.read, s.update, s.list, s.delete} {
		err = errors.Join(err, stmt.Close())
	}
	for _, stmt := range s.asked {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, s.conn.Close())
}
