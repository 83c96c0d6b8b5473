package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
)

// SQLite at its best, with either driver. One connection writes, guarded by a mutex: SQLite has one writer at a time
// anyhow, and a mutex wakes the next one sooner than the busy handler's sleeping does.

const sqliteSettings = "WAL, synchronous=FULL (fdatasync), 256 MiB cache, mmap, " +
	"prepared INSERT … ON CONFLICT … RETURNING"

// sqlitePragmas are for one connection; with readers of their own the file cannot be locked exclusively.
func sqlitePragmas(shared bool) []string {
	// As with bbolt, the file belongs to one process: no shared memory, no file locks.
	locking := "locking_mode=EXCLUSIVE"
	if shared {
		locking = "locking_mode=NORMAL"
	}
	return []string{
		locking,
		"busy_timeout=10000",
		"journal_mode=WAL",
		"synchronous=FULL",
		"cache_size=-262144",
		"mmap_size=4294967296",
		"temp_store=MEMORY",
		"wal_autocheckpoint=10000",
	}
}

// sqliteReaders is how many connections read beside the one that writes.
const sqliteReaders = 8

const (
	sqliteTable = `CREATE TABLE IF NOT EXISTS documents(id TEXT PRIMARY KEY, v INTEGER NOT NULL, doc TEXT NOT NULL)`

	sqliteUpsert = `INSERT INTO documents(id, v, doc) VALUES(?1, 1, ?2)
		ON CONFLICT(id) DO UPDATE SET v = v + 1, doc = json_patch(doc, excluded.doc) RETURNING v, doc`

	// sqliteEach takes the whole batch as one JSON array. The id comes back too: SQLite promises no order.
	sqliteEach = `INSERT INTO documents(id, v, doc) SELECT value->>'i', 1, value->'c' FROM json_each(?1) WHERE true
		ON CONFLICT(id) DO UPDATE SET v = v + 1, doc = json_patch(doc, excluded.doc) RETURNING id, v, doc`

	sqliteGet    = `SELECT v, doc FROM documents WHERE id = ?1`
	sqliteUpdate = `UPDATE documents SET v = v + 1, doc = json_patch(doc, ?2) WHERE id = ?1`
	sqliteScan   = `SELECT id, v, doc FROM documents ORDER BY id`
	sqliteDelete = `DELETE FROM documents WHERE id = ?1`
)

// sqliteContenders are the two ways to write a batch with one driver.
func sqliteContenders(name string, connect func(path string) (*sql.DB, error)) []contender {
	return []contender{
		{
			name:       name,
			settings:   sqliteSettings + ", one statement a document in BEGIN IMMEDIATE … COMMIT",
			open:       func(dir string) (store, error) { return openSQLite(dir, connect, false, false) },
			openShared: func(dir string) (store, error) { return openSQLite(dir, connect, false, true) },
		},
		{
			name:       name + "-each",
			settings:   sqliteSettings + ", one statement over json_each a batch",
			open:       func(dir string) (store, error) { return openSQLite(dir, connect, true, false) },
			openShared: func(dir string) (store, error) { return openSQLite(dir, connect, true, true) },
		},
	}
}

type sqliteStore struct {
	each    bool
	db      *sql.DB
	readers chan *sqliteReader // nil: the one connection reads too

	mu                      sync.Mutex // guards all below
	conn                    *sql.Conn
	begin, commit, rollback *sql.Stmt
	one, all, read          *sql.Stmt
	update, list, delete    *sql.Stmt
	asked                   map[string]*sql.Stmt // see ask
	batch                   []byte
	raw                     sql.RawBytes
}

// sqliteReader is a connection that only reads.
type sqliteReader struct {
	conn *sql.Conn
	read *sql.Stmt
}

func openSQLite(dir string, connect func(string) (*sql.DB, error), each, shared bool) (store, error) {
	db, err := connect(filepath.Join(dir, "sqlite.db"))
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	s := &sqliteStore{each: each, db: db}
	if s.conn, err = s.connect(ctx, shared); err != nil {
		return nil, err
	}
	if _, err := s.conn.ExecContext(ctx, sqliteTable); err != nil {
		return nil, err
	}
	for text, stmt := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &s.begin, "COMMIT": &s.commit, "ROLLBACK": &s.rollback,
		sqliteUpsert: &s.one, sqliteEach: &s.all, sqliteGet: &s.read,
		sqliteUpdate: &s.update, sqliteScan: &s.list, sqliteDelete: &s.delete,
	} {
		if *stmt, err = s.conn.PrepareContext(ctx, text); err != nil {
			return nil, fmt.Errorf("prepare %s: %w", text, err)
		}
	}
	if shared {
		return s, s.openReaders(ctx)
	}
	return s, nil
}

func (s *sqliteStore) connect(ctx context.Context, shared bool) (*sql.Conn, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range sqlitePragmas(shared) {
		if _, err := conn.ExecContext(ctx, "PRAGMA "+p); err != nil {
			return nil, fmt.Errorf("pragma %s: %w", p, err)
		}
	}
	return conn, nil
}

func (s *sqliteStore) openReaders(ctx context.Context) (err error) {
	s.readers = make(chan *sqliteReader, sqliteReaders)
	for range sqliteReaders {
		var r sqliteReader
		if r.conn, err = s.connect(ctx, true); err != nil {
			return err
		}
		if r.read, err = r.conn.PrepareContext(ctx, sqliteGet); err != nil {
			return err
		}
		s.readers <- &r
	}
	return nil
}

func (s *sqliteStore) upsert(items []item, report reporter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(items) == 1:
		return s.upsertOne(0, items[0], report)
	case s.each:
		return s.upsertEach(items, report)
	}
	return s.transact(func() error {
		for i, it := range items {
			if err := s.upsertOne(i, it, report); err != nil {
				return err
			}
		}
		return nil
	})
}

// transact runs fn in a transaction. The caller holds the mutex.
func (s *sqliteStore) transact(fn func() error) error {
	if _, err := s.begin.Exec(); err != nil {
		return err
	}
	if err := fn(); err != nil {
		s.rollback.Exec()
		return err
	}
	_, err := s.commit.Exec()
	return err
}

func (s *sqliteStore) upsertOne(pos int, it item, report reporter) error {
	rows, err := s.one.Query(it.id, string(it.changes))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var v uint64
		if err := rows.Scan(&v, &s.raw); err != nil {
			return err
		}
		report(pos, v, s.raw)
	}
	return rows.Err()
}

func (s *sqliteStore) upsertEach(items []item, report reporter) error {
	s.batch = appendBatch(s.batch[:0], items)
	rows, err := s.all.Query(string(s.batch))
	if err != nil {
		return err
	}
	defer rows.Close()
	for pos := 0; rows.Next(); pos++ {
		var v uint64
		var id string
		if err := rows.Scan(&id, &v, &s.raw); err != nil {
			return err
		}
		if id != items[pos].id {
			return fmt.Errorf("result %d is of another document", pos)
		}
		report(pos, v, s.raw)
	}
	return rows.Err()
}

// appendBatch appends the items as the array that sqliteEach takes.
func appendBatch(dst []byte, items []item) []byte {
	dst = append(dst, '[')
	for i, it := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"i":"`...)
		dst = append(dst, it.id...) // hexadecimal: nothing to escape
		dst = append(dst, `","c":`...)
		dst = append(dst, it.changes...)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (s *sqliteStore) get(id string) (doc []byte, version uint64, err error) {
	if s.readers != nil {
		r := <-s.readers
		defer func() { s.readers <- r }()
		return readOne(r.read, id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return readOne(s.read, id)
}

func readOne(read *sql.Stmt, id string) (doc []byte, version uint64, err error) {
	rows, err := read.Query(id)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, 0, fmt.Errorf("document is missing: %w", rows.Err())
	}
	err = rows.Scan(&version, &doc)
	return doc, version, err
}

func (s *sqliteStore) mutate(id string, _ []byte, fn mutation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transact(func() error {
		doc, _, err := readOne(s.read, id)
		if err != nil {
			return err
		}
		changes, err := fn(doc)
		if err != nil {
			return err
		}
		_, err = s.update.Exec(id, string(changes))
		return err
	})
}

func (s *sqliteStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := s.list.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, doc []byte
		var version uint64
		if err := rows.Scan(&id, &version, &doc); err != nil {
			return err
		}
		if err := fn(id, version, doc); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *sqliteStore) remove(ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transact(func() error {
		for _, id := range ids {
			if _, err := s.delete.Exec(id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *sqliteStore) settle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range sqliteSettle {
		if _, err := s.conn.ExecContext(context.Background(), text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// sqliteSettle gives back all that SQLite can.
var sqliteSettle = []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"}

func (s *sqliteStore) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for len(s.readers) > 0 {
		err = errors.Join(err, (<-s.readers).conn.Close())
	}
	// One by one: modernc's connection stays open, and locks the file, while a statement of it does.
	for _, stmt := range []*sql.Stmt{s.begin, s.commit, s.rollback, s.one, s.all, s.read, s.update, s.list, s.delete} {
		err = errors.Join(err, stmt.Close())
	}
	for _, stmt := range s.asked {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, s.conn.Close(), s.db.Close())
}

// mattnDriver is nil in a build without cgo.
var mattnDriver func(path string) (*sql.DB, error)

// mattnFlags are how SQLite wants to be compiled for speed. Its default is fsync, which waits for the file's times too.
const mattnFlags = "-O2 -DHAVE_FDATASYNC=1 -DSQLITE_DEFAULT_MEMSTATUS=0"
