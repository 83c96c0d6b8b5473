//go:build cgo && sqlite_fts5

package main

import "database/sql"

// mattn's SQLite has FTS5 only with this tag.

func init() {
	textStores = append(textStores, struct {
		name string
		open func(dir string) (textStore, error)
	}{"mattn", openTexts("mattn", func(path string) (*sql.DB, error) { return mattnDriver(path) })})
}
