package main

import (
	"errors"
	"path/filepath"
	"strconv"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"
)

// ncruces' SQLite with FTS5, by its own API.

type ncrucesTexts struct {
	conn          *sqlite3.Conn
	insert, query *sqlite3.Stmt
}

func openNcrucesTexts(dir string) (textStore, error) {
	conn, err := connectNcruces(filepath.Join(dir, "sqlite.db"), false)
	if err != nil {
		return nil, err
	}
	if err := fts5.Register(conn); err != nil {
		return nil, err
	}
	if err := conn.Exec(ftsTable); err != nil {
		return nil, err
	}
	s := &ncrucesTexts{conn: conn}
	if s.insert, _, err = conn.PrepareFlags(ftsInsert, sqlite3.PREPARE_PERSISTENT); err != nil {
		return nil, err
	}
	s.query, _, err = conn.PrepareFlags(ftsSearch, sqlite3.PREPARE_PERSISTENT)
	return s, err
}

func (s *ncrucesTexts) write(first int, texts []string) (err error) {
	tx, err := s.conn.BeginImmediate()
	if err != nil {
		return err
	}
	defer tx.End(&err)
	for i, text := range texts {
		if err := bind(s.insert, []any{strconv.Itoa(first + i), text}); err != nil {
			return err
		}
		s.insert.Step()
		if err := s.insert.Reset(); err != nil {
			return err
		}
	}
	return nil
}

func (s *ncrucesTexts) search(words [2]string) (hits textHits, err error) {
	if err := bind(s.query, []any{ftsQuery(words), int64(textBest)}); err != nil {
		return nil, err
	}
	for s.query.Step() {
		id, _ := s.query.ColumnText(0), s.query.ColumnText(1)
		if hits, err = hits.with(id); err != nil {
			return nil, err
		}
	}
	return hits, s.query.Reset()
}

// close closes the statements first: the connection insists on that.
func (s *ncrucesTexts) close() error {
	return errors.Join(s.insert.Close(), s.query.Close(), s.conn.Close())
}
