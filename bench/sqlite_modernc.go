package main

import (
	"database/sql"

	"modernc.org/sqlite" // SQLite in Go
)

func moderncDriver(path string) (*sql.DB, error) {
	// Its default is fsync, which waits for the file's times too. Where there is no fdatasync it stays.
	if _, err := sqlite.Fdatasync(true); err != nil && err != sqlite.ErrFdatasyncUnavailable {
		return nil, err
	}
	return sql.Open("sqlite", path)
}
