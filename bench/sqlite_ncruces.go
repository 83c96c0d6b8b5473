package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/ncruces/go-sqlite3"
)

// SQLite compiled to WebAssembly and from there to Go, by its own API and not by database/sql: that is a layer less, and
// its driver registers the name of mattn's, which panics. The statements, the pragmas and the one connection under a
// mutex are those of the other drivers. It syncs with fdatasync on Linux by default.

var ncrucesContenders = []contender{
	{
		name:     "ncruces",
		settings: sqliteSettings + ", one statement a document in BEGIN IMMEDIATE … COMMIT, its own API",
		open:     func(dir string) (store, error) { return openNcruces(dir, false) },
	},
	{
		name:     "ncruces-each",
		settings: sqliteSettings + ", one statement over json_each a batch, its own API",
		open:     func(dir string) (store, error) { return openNcruces(dir, true) },
	},
}

type ncrucesStore struct {
	each bool

	mu             sync.Mutex // guards all below
	conn           *sqlite3.Conn
	one, all, read *sqlite3.Stmt
	batch          []byte
}

func openNcruces(dir string, each bool) (store, error) {
	conn, err := sqlite3.Open(filepath.Join(dir, "sqlite.db"))
	if err != nil {
		return nil, err
	}
	s := &ncrucesStore{each: each, conn: conn}
	for _, p := range sqlitePragmas {
		if err := conn.Exec("PRAGMA " + p); err != nil {
			return nil, fmt.Errorf("pragma %s: %w", p, err)
		}
	}
	if err := conn.Exec(sqliteTable); err != nil {
		return nil, err
	}
	for text, stmt := range map[string]**sqlite3.Stmt{sqliteUpsert: &s.one, sqliteEach: &s.all, sqliteGet: &s.read} {
		if *stmt, _, err = conn.PrepareFlags(text, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, fmt.Errorf("prepare %s: %w", text, err)
		}
	}
	return s, nil
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.read.BindText(1, id); err != nil {
		return nil, 0, err
	}
	if !s.read.Step() {
		return nil, 0, errors.Join(errMissing, s.read.Reset())
	}
	version, doc = uint64(s.read.ColumnInt64(0)), s.read.ColumnBlob(1, nil)
	return doc, version, s.read.Reset()
}

func (s *ncrucesStore) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.one.Close(), s.all.Close(), s.read.Close(), s.conn.Close())
}
