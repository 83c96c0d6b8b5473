// Kuzzlite is the command line of the embedded document store: it loads, reads, changes and looks after a store file.
//
//	kuzzlite mupsert --db quakes.db --create usgs earthquakes earthquakes.ndjson
//
// Standard output is for data (NDJSON when piped, tables on a terminal), standard error for everything said about it.
// The exit code is 0 if all went well, 1 if some documents failed, 2 for wrong usage, 3 for trouble with the store or
// with input and output.
package main

import (
	"os"

	"github.com/kuzzlite/kuzzlite/internal/command"
)

func main() { os.Exit(command.Main()) }
