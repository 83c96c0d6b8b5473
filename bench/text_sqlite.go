package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
)

// SQLite with FTS5: a table of ids and texts, and bm25() for the order. The pragmas are those of the other workloads.

const (
	ftsTable  = `CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(id UNINDEXED, text)`
	ftsInsert = `INSERT INTO texts(id, text) VALUES(?1, ?2)`
	ftsSearch = `SELECT id, text FROM texts WHERE texts MATCH ?1 ORDER BY bm25(texts) LIMIT ?2`
)

// ftsQuery is for texts that have one of two words.
func ftsQuery(words [2]string) string { return words[0] + " OR " + words[1] }

// mattnFTS5 says whether mattn's SQLite has FTS5 in this build: only with the tag sqlite_fts5, as buildSelf sets it.
func mattnFTS5() bool {
	if mattnDriver == nil {
		return false
	}
	db, err := mattnDriver(":memory:")
	if err != nil {
		return false
	}
	defer db.Close()
	var has bool
	err = db.QueryRow("SELECT sqlite_compileoption_used('ENABLE_FTS5')").Scan(&has)
	return err == nil && has
}

type sqliteTexts struct {
	db            *sql.DB
	conn          *sql.Conn
	insert, query *sql.Stmt
}

// openTexts opens the store of a driver of database/sql.
func openTexts(name string, connect func(path string) (*sql.DB, error)) func(dir string) (textStore, error) {
	return func(dir string) (textStore, error) {
		s, err := newSQLiteTexts(filepath.Join(dir, "sqlite.db"), connect)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return s, nil
	}
}

func newSQLiteTexts(path string, connect func(path string) (*sql.DB, error)) (*sqliteTexts, error) {
	ctx := context.Background()
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	s := &sqliteTexts{db: db}
	if s.conn, err = (&sqliteStore{db: db}).connect(ctx, false); err != nil {
		return nil, err
	}
	if _, err := s.conn.ExecContext(ctx, ftsTable); err != nil {
		return nil, err
	}
	if s.insert, err = s.conn.PrepareContext(ctx, ftsInsert); err != nil {
		return nil, err
	}
	s.query, err = s.conn.PrepareContext(ctx, ftsSearch)
	return s, err
}

func (s *sqliteTexts) write(first int, texts []string) error {
	ctx := context.Background()
	tx, err := s.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	insert := tx.Stmt(s.insert)
	defer insert.Close()
	for i, text := range texts {
		if _, err := insert.Exec(strconv.Itoa(first+i), text); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func (s *sqliteTexts) search(words [2]string) (hits textHits, err error) {
	rows, err := s.query.Query(ftsQuery(words), textBest)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			return nil, err
		}
		if hits, err = hits.with(id); err != nil {
			return nil, err
		}
	}
	return hits, rows.Err()
}

// close closes the statements first: SQLite keeps a connection that has some, and its log.
func (s *sqliteTexts) close() error {
	return errors.Join(s.insert.Close(), s.query.Close(), s.conn.Close(), s.db.Close())
}

// with returns the hits with one more, by its id.
func (h textHits) with(id string) (textHits, error) {
	i, err := strconv.Atoi(id)
	return append(h, i), err
}
