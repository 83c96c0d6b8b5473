package command

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxIDLine is more than an id can take in a JSON string, six bytes for each of its own.
const maxIDLine = 64 << 10

// readIDs reads the ids of a file, one a line, as they are or as JSON strings; "-" is standard input. They are all read
// before the store is opened, so that a list of the same store can come through a pipe.
func (a *app) readIDs(path string) (ids []string, err error) {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	ids, err = splitIDs(in)
	if err == nil && len(ids) == 0 {
		fmt.Fprintln(a.stderr, "the input was empty")
	}
	return ids, err
}

func splitIDs(in io.Reader) (ids []string, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxIDLine)
	n := 0
	for lines.Scan() {
		n++
		id := strings.TrimSuffix(lines.Text(), "\r")
		if n == 1 {
			id = strings.TrimPrefix(id, "\ufeff") // a byte order mark
		}
		if strings.HasPrefix(id, `"`) {
			raw := id
			if id, err = readID([]byte(strings.TrimSpace(raw))); err != nil {
				return nil, fmt.Errorf("read ids: line %d: %w; nothing was deleted", n, err)
			}
		}
		if id != "" {
			ids = append(ids, id)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read ids: line %d: %w; nothing was deleted", n+1, err)
	}
	return ids, nil
}
