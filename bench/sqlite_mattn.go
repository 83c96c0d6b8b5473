//go:build cgo

package main

import (
	"database/sql"

	_ "github.com/mattn/go-sqlite3" // SQLite in C
)

func init() {
	mattnDriver = func(path string) (*sql.DB, error) { return sql.Open("sqlite3", path) }
}
