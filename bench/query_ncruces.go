package main

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// ncruces' SQLite, asked as the others are, by its own API.

func (s *ncrucesStore) exec(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn.Exec(text)
}

func (s *ncrucesStore) index(field string) error { return s.exec(sqliteIndex(field)) }

func (s *ncrucesStore) unindex(field string) error {
	return s.exec("DROP INDEX " + sqliteIndexName(field))
}

func (s *ncrucesStore) checkIndexes() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stmt, err := s.prepared(sqliteIntegrity)
	if err != nil {
		return err
	}
	result := ""
	if stmt.Step() {
		result = stmt.ColumnText(0)
	}
	if err := stmt.Reset(); err != nil || result == "ok" {
		return err
	}
	return fmt.Errorf("%s", result)
}

func (s *ncrucesStore) ask(q question, fn func(id string, doc []byte)) (next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, args, err := sqliteQuery(q)
	if err != nil {
		return "", err
	}
	stmt, err := s.prepared(text)
	if err != nil {
		return "", err
	}
	if err := bind(stmt, args); err != nil {
		return "", err
	}
	for stmt.Step() {
		id, _, doc := stmt.ColumnText(0), stmt.ColumnInt64(1), stmt.ColumnBlob(2, nil)
		if q.limit > 0 {
			next = stmt.ColumnText(3)
		}
		fn(id, doc)
	}
	return next, stmt.Reset()
}

func bind(stmt *sqlite3.Stmt, args []any) (err error) {
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			err = errors.Join(err, stmt.BindText(i+1, arg))
		case int64:
			err = errors.Join(err, stmt.BindInt64(i+1, arg))
		}
	}
	return err
}

// prepared returns the statement of a text, which is prepared once.
func (s *ncrucesStore) prepared(text string) (*sqlite3.Stmt, error) {
	if stmt := s.asked[text]; stmt != nil {
		return stmt, nil
	}
	stmt, _, err := s.conn.PrepareFlags(text, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	if s.asked == nil {
		s.asked = map[string]*sqlite3.Stmt{}
	}
	s.asked[text] = stmt
	return stmt, nil
}
