package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite"
)

// told is what a child has told.
type told struct {
	opened   bool // a store was
	returned map[tag]committed
	newest   [workers]int // number of each worker's last call that returned
	drops    int
	backups  map[string]uint64
	doing    map[string]bool // what has begun and not ended
}

func newTold() *told {
	return &told{returned: map[tag]committed{}, backups: map[string]uint64{}, doing: map[string]bool{}}
}

// hear takes in a line of the child of a round.
func (t *told) hear(round int, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	var err error
	switch verb {
	case "start":
	case "doing":
		t.doing[rest] = true
	case "done":
		t.opened = true
		delete(t.doing, rest)
	case "call":
		c := committed{tag: tag{round: round}}
		_, err = fmt.Sscan(rest, &c.tag.worker, &c.tag.n, &c.changes, &c.last)
		t.returned[c.tag] = c
		t.newest[c.tag.worker] = c.tag.n
	case "drop":
		var w, n int
		_, err = fmt.Sscan(rest, &w, &n)
		t.newest[w] = n
		t.drops++
	case "backup":
		var name string
		var sequence uint64
		_, err = fmt.Sscan(rest, &name, &sequence)
		t.backups[name] = sequence
	default:
		return fmt.Errorf("child: %s", line)
	}
	return err
}

// verify opens what the killed child has left, and compares it with what the child told.
func (m *model) verify(ctx context.Context, dir string, round int, t *told, r *Report) error {
	path := filepath.Join(dir, storeName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !t.opened && m.sequence == 0 {
		return nil // killed before there was a store
	}
	o := options(round)
	o.ReadOnly = round%2 == 0 // so that every other child finds the file as it was left
	s, err := kuzzlite.Open(path, o)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := sound(ctx, s); err != nil {
		return err
	}
	changes, err := readFeed(ctx, s, m.sequence)
	if err != nil {
		return err
	}
	calls, drops, err := m.replay(changes)
	if err != nil {
		return err
	}
	r.Changes += len(changes)
	if err := errors.Join(t.compare(round, calls, drops, r), m.compare(ctx, s), s.Close()); err != nil {
		return err
	}
	return m.verifyBackups(ctx, dir, t, r)
}

func sound(ctx context.Context, s *kuzzlite.Store) error {
	report, err := s.Check(ctx)
	if err != nil {
		return err
	}
	return report.Err()
}

// readFeed reads the changes after since.
func readFeed(ctx context.Context, s *kuzzlite.Store, since uint64) (changes []kuzzlite.Change, err error) {
	last := s.Sequence()
	if last < since {
		return nil, fmt.Errorf("lost: the newest sequence is %d, it was %d", last, since)
	}
	for since < last {
		for c, err := range s.Changes(ctx, since) {
			if err != nil {
				return nil, err
			}
			changes = append(changes, c)
			if since = c.Sequence; since == last {
				break
			}
		}
	}
	return changes, nil
}

// compare compares the calls in the feed with those that returned.
func (t *told) compare(round int, calls []committed, drops int, r *Report) error {
	inFeed := make(map[tag]committed, len(calls))
	for _, c := range calls {
		if _, twice := inFeed[c.tag]; twice {
			return fmt.Errorf("call %v is in the feed twice", c.tag)
		}
		inFeed[c.tag] = c
		if returned, ok := t.returned[c.tag]; !ok {
			r.InFlight++
			if c.tag.round != round || c.tag.n != t.newest[c.tag.worker]+1 {
				return fmt.Errorf("call %v is in the feed, but was not under way", c.tag)
			}
		} else if returned.changes != c.changes || returned.last != c.last && returned.last != 0 {
			return fmt.Errorf("call %v returned %d changes up to sequence %d, the feed has %d up to %d",
				c.tag, returned.changes, returned.last, c.changes, c.last)
		}
	}
	for _, c := range t.returned {
		r.Calls++
		if _, ok := inFeed[c.tag]; !ok && c.changes > 0 {
			return fmt.Errorf("lost: call %v returned with %d changes up to sequence %d, the feed does not have it",
				c.tag, c.changes, c.last)
		}
	}
	if drops < t.drops || drops > t.drops+workers {
		return fmt.Errorf("lost: %d collections were deleted, the feed has %d", t.drops, drops)
	}
	return nil
}

// compare compares all documents with the model.
func (m *model) compare(ctx context.Context, s *kuzzlite.Store) error {
	names, err := s.Collections(ctx, index)
	if err != nil && !errors.Is(err, kuzzlite.ErrUnknownIndex) {
		return err
	}
	if want := slices.Sorted(maps.Keys(m.collections)); !slices.Equal(names, want) {
		return fmt.Errorf("collections are %q, the feed says %q", names, want)
	}
	for _, name := range names {
		want := 0
		for _, d := range m.collections[name] {
			if d.body != nil {
				want++
			}
		}
		for d, err := range s.Collection(index, name).All(ctx, nil) {
			if err == nil {
				err = m.collections[name][d.ID].compare(d)
			}
			if err != nil {
				return fmt.Errorf("%s/%s: %w", name, d.ID, err)
			}
			want--
		}
		if want != 0 {
			return fmt.Errorf("lost: %d documents of %s are missing", want, name)
		}
	}
	return nil
}

func (s stored) compare(d kuzzlite.Document) error {
	if s.body == nil {
		return fmt.Errorf("is there at version %d, the feed does not say so", d.Version)
	}
	if d.Version != s.version || d.Sequence != s.sequence {
		return fmt.Errorf("has version %d and sequence %d, the feed says %d and %d",
			d.Version, d.Sequence, s.version, s.sequence)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(d.Source, &fields); err != nil {
		return err
	}
	for k, v := range fields {
		if !bytes.Equal(v, []byte(s.body[k])) {
			return fmt.Errorf("field %s at version %d is not what was written", k, d.Version)
		}
	}
	if len(fields) != len(s.body) {
		return fmt.Errorf("has %d fields at version %d, not %d", len(fields), d.Version, len(s.body))
	}
	return nil
}

// verifyBackups opens every backup, which must be the store as it was at some moment, and removes it.
func (m *model) verifyBackups(ctx context.Context, dir string, t *told, r *Report) error {
	files, err := filepath.Glob(filepath.Join(dir, backupStart+"*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		name := filepath.Base(file)
		if err := m.verifyBackup(ctx, file, t.backups[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		delete(t.backups, name)
		if err := os.Remove(file); err != nil {
			return err
		}
		r.Backups++
	}
	for name := range t.backups {
		return fmt.Errorf("lost: %s was written and is not there", name)
	}
	return nil
}

func (m *model) verifyBackup(ctx context.Context, file string, least uint64) error {
	s, err := kuzzlite.Open(file, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := sound(ctx, s); err != nil {
		return err
	}
	if n := s.Sequence(); n < least || n > m.sequence {
		return fmt.Errorf("has sequence %d, not %d to %d", n, least, m.sequence)
	}
	changes, err := readFeed(ctx, s, 0)
	if err != nil {
		return err
	}
	var sum uint64
	for _, c := range changes {
		sum = hash(sum, c)
	}
	if sum != m.hashes[len(changes)] {
		return errors.New("its change feed is not the store's")
	}
	return nil
}
