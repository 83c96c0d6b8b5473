#!/usr/bin/env bash
# tidwall/btree 1.8.1: taking a copy of a Map is a write to that Map.
#
# Map.Copy is a copy on write: it takes no time, and the copy shares all nodes. A good engineer would guess that it only
# reads its receiver, so that any number of goroutines may copy one map that nobody changes any more, such as a snapshot.
# It does not: it gives the receiver a new mark, too, without a lock (BTreeG has locks unless NoLocks is set; Map has none).
# So two goroutines that copy one unchanging map are a data race, which the race detector reports. Get and Scan are not.
#
# Seen: "copy: DATA RACE", "get: no race".
# In Kuzzlite: a snapshot of a store in memory is copied by value before Copy is called on it (internal/kv/overlay.go).
# Needs Go with cgo and a C compiler, for the race detector.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'MOD'
module finding

go 1.24

require github.com/tidwall/btree v1.8.1
MOD
cat >main.go <<'GO'
package main

import (
	"os"
	"sync"

	"github.com/tidwall/btree"
)

func main() {
	var m btree.Map[string, int]
	for _, k := range []string{"a", "b", "c"} {
		m.Set(k, 1)
	}
	snapshot := m.Copy() // nobody changes it from here on
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 1000 {
				if os.Args[1] == "copy" {
					snapshot.Copy()
				} else {
					snapshot.Get("b")
				}
			}
		}()
	}
	wg.Wait()
}
GO
go mod tidy >/dev/null 2>&1
CGO_ENABLED=1 go build -race -o finding .
look() {
	if ./finding "$1" >out 2>&1; then echo "$1: no race"; elif grep -q 'DATA RACE' out; then echo "$1: DATA RACE"; else cat out; fi
}
seen=$(look copy; look get)
echo "$seen"
[ "$seen" = $'copy: DATA RACE\nget: no race' ]
