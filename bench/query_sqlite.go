package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// SQLite, asked: JSON as text, indexes on json_extract, prepared statements, and pages by keyset, for which the numbers
// must be different.

const (
	sqliteNumber    = `json_extract(doc, '$.number')`
	sqliteByEqual   = `SELECT id, v, doc FROM documents WHERE json_extract(doc, '$.buyer') = ?1`
	sqliteByZip     = `SELECT id, v, doc FROM documents WHERE json_extract(doc, '$.customer.address.zip') BETWEEN ?1 AND ?2`
	sqliteByNumber  = `SELECT id, v, doc, ` + sqliteNumber + ` FROM documents WHERE ` + sqliteNumber + ` > ?1`
	sqliteRange     = sqliteByNumber + ` AND ` + sqliteNumber + ` <= ?3 ORDER BY ` + sqliteNumber + ` LIMIT ?2`
	sqlitePage      = sqliteByNumber + ` ORDER BY ` + sqliteNumber + ` LIMIT ?2`
	sqliteIntegrity = `PRAGMA integrity_check`
)

func sqliteIndex(field string) string {
	var columns []string
	for name := range strings.SplitSeq(field, ",") {
		columns = append(columns, "json_extract(doc, '$."+name+"')")
	}
	return fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON documents(%s)", sqliteIndexName(field), strings.Join(columns, ", "))
}

func sqliteIndexName(field string) string {
	return "by_" + strings.NewReplacer(".", "_", ",", "_").Replace(field)
}

// sqliteQuery returns the statement of a question, and its arguments.
func sqliteQuery(q question) (text string, args []any, err error) {
	switch q.kind {
	case kindFilter:
		return sqliteByZip, []any{q.fromZip, q.toZip}, nil
	case kindEqual:
		return sqliteByEqual, []any{q.buyer}, nil
	}
	after := int64(q.from) - 1
	if q.after != "" {
		if after, err = strconv.ParseInt(q.after, 10, 64); err != nil {
			return "", nil, err
		}
	}
	if q.kind == kindPage {
		return sqlitePage, []any{after, int64(q.limit)}, nil
	}
	return sqliteRange, []any{after, int64(q.limit), int64(q.to)}, nil
}

func (s *sqliteStore) exec(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.conn.ExecContext(context.Background(), text)
	return err
}

func (s *sqliteStore) index(field string) error { return s.exec(sqliteIndex(field)) }

func (s *sqliteStore) unindex(field string) error {
	return s.exec("DROP INDEX " + sqliteIndexName(field))
}

func (s *sqliteStore) checkIndexes() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var result string
	err := s.conn.QueryRowContext(context.Background(), sqliteIntegrity).Scan(&result)
	if err == nil && result != "ok" {
		err = fmt.Errorf("%s", result)
	}
	return err
}

func (s *sqliteStore) ask(q question, fn func(id string, doc []byte)) (next string, err error) {
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
	rows, err := stmt.Query(args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var version int64
		var doc []byte
		columns := []any{&id, &version, &doc}
		if q.limit > 0 {
			columns = append(columns, &next)
		}
		if err := rows.Scan(columns...); err != nil {
			return "", err
		}
		fn(id, doc)
	}
	return next, rows.Err()
}

// prepared returns the statement of a text, which is prepared once.
func (s *sqliteStore) prepared(text string) (*sql.Stmt, error) {
	if stmt := s.asked[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	if s.asked == nil {
		s.asked = map[string]*sql.Stmt{}
	}
	s.asked[text] = stmt
	return stmt, nil
}
