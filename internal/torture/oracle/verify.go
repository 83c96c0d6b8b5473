package oracle

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
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Verify looks at what the worker has left, opens it, and compares it with what the worker told. Every other time it
// opens a copy, so that the next worker finds what was left; some of the copies for reading only.
func (m *Model) Verify(ctx context.Context, dir string, round int, t *Told, tr *harness.Trial) error {
	path := filepath.Join(dir, StoreName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !t.Opened && m.Sequence == 0 {
		return nil // killed before there was a store
	}
	tr.Note("checkpoints", t.Checkpoints)
	if _, err := Look(path, tr.Dir, tr); err != nil {
		return err
	}
	Tune(round)
	err := errNoRoom
	if round%2 == 1 {
		err = m.verifyStore(ctx, path, Options(round), round, t, tr)
	}
	if errors.Is(err, errNoRoom) {
		err = m.verifyCopy(ctx, path, round, t, tr)
	}
	if err != nil {
		return err
	}
	return m.VerifyBackups(ctx, dir, t, tr)
}

// errNoRoom: the disk has no room to open a store, and nothing was looked at.
var errNoRoom = errors.New("no room to open the store")

// verifyCopy is verifyStore of a copy, which is opened for reading only now and then.
func (m *Model) verifyCopy(ctx context.Context, path string, round int, t *Told, tr *harness.Trial) error {
	copied, err := CopyStore(path, tr.Dir)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(copied))
	o := Options(round)
	o.ReadOnly, o.Clock = readOnly(m.Seed, round), alarmless{}
	return m.verifyStore(ctx, copied, o, round, t, tr)
}

// alarmless is the clock of a copy: what expires in the copy is absent, but is not removed, or the copy would have changes
// that the store does not have.
type alarmless struct{}

func (alarmless) Now() time.Time                                 { return time.Now() }
func (alarmless) AfterFunc(time.Duration, func()) kuzzlite.Timer { return noTimer{} }

type noTimer struct{}

func (noTimer) Stop() bool { return true }

// verifyStore opens a store and compares it with what the worker told.
func (m *Model) verifyStore(
	ctx context.Context, path string, o *kuzzlite.Options, round int, t *Told, tr *harness.Trial,
) error {
	changed := Unchanged(path)
	s, err := kuzzlite.Open(path, o)
	if errors.Is(err, kuzzlite.ErrDiskFull) {
		return errors.Join(errNoRoom, err)
	}
	if err != nil {
		return err
	}
	defer s.Close()
	if err := NoteRecovery(ctx, s, tr); err != nil {
		return err
	}
	if err := Sound(ctx, s); err != nil {
		return err
	}
	changes, err := ReadFeed(ctx, s, m.Sequence)
	if err != nil {
		return err
	}
	calls, drops, err := m.Replay(changes)
	if err != nil {
		return err
	}
	tr.Note("changes", len(changes))
	for _, c := range changes {
		if c.Op == kuzzlite.OpExpire {
			tr.Note("documents that expired", 1)
		}
	}
	if err := errors.Join(t.Compare(round, calls, drops, tr), m.Compare(ctx, s), m.NoteQueries(ctx, s, tr)); err != nil {
		return err
	}
	switch err := s.Close(); {
	case errors.Is(err, kuzzlite.ErrDiskFull):
		tr.Note("recoveries that a full disk has kept from their end", 1)
		return nil
	case err != nil:
		return err
	case o.ReadOnly:
		tr.Note("stores opened for reading only", 1)
		return changed()
	}
	return errors.Join(NoLogs(path), PlainSound(path, tr))
}

// NoteRecovery counts stores whose log had to be done again.
func NoteRecovery(ctx context.Context, s *kuzzlite.Store, tr *harness.Trial) error {
	st, err := s.Stats(ctx)
	if err == nil && st.Recovery > 0 {
		tr.Note("recoveries", 1)
	}
	return err
}

// Sound returns what Check finds.
func Sound(ctx context.Context, s *kuzzlite.Store) error {
	report, err := s.Check(ctx)
	if err != nil {
		return err
	}
	return report.Err()
}

// ReadFeed reads the changes after since.
func ReadFeed(ctx context.Context, s *kuzzlite.Store, since uint64) (changes []kuzzlite.Change, err error) {
	last := s.Sequence()
	if last < since {
		return nil, fmt.Errorf("lost: the newest sequence is %d, it was %d", last, since)
	}
	for c, err := range s.Changes(ctx, since) {
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// Compare compares all documents with the model.
func (m *Model) Compare(ctx context.Context, s *kuzzlite.Store) error {
	names, err := s.Collections(ctx, Index)
	if err != nil && !errors.Is(err, kuzzlite.ErrUnknownIndex) {
		return err
	}
	if want := slices.Sorted(maps.Keys(m.collections)); !slices.Equal(names, want) {
		return fmt.Errorf("collections are %q, the feed says %q", names, want)
	}
	for _, name := range names {
		if err := m.compareCollection(ctx, s, name); err != nil {
			return err
		}
	}
	return nil
}

// compareCollection compares the documents of a collection. What expires meanwhile may be there or not.
func (m *Model) compareCollection(ctx context.Context, s *kuzzlite.Store, name string) error {
	began, there := time.Now(), map[string]bool{}
	for d, err := range s.Collection(Index, name).All(ctx, nil) {
		if err == nil {
			err = m.collections[name][d.ID].compare(d, began)
		}
		if err != nil {
			return fmt.Errorf("%s/%s: %w", name, d.ID, err)
		}
		there[d.ID] = true
	}
	ended := time.Now()
	for id, d := range m.collections[name] {
		if d.body != nil && !d.due(ended) && !there[id] {
			return fmt.Errorf("lost: document %s of %s is missing", id, name)
		}
	}
	return m.ask(ctx, s.Collection(Index, name))
}

func (s stored) compare(d kuzzlite.Document, began time.Time) error {
	switch {
	case s.body == nil:
		return fmt.Errorf("is there at version %d, the feed does not say so", d.Version)
	case s.due(began):
		return fmt.Errorf("is there at version %d, and has expired", d.Version)
	case s.expires == 0 != d.Expires.IsZero() || s.expires != 0 && s.expires != d.Expires.UnixMilli():
		return fmt.Errorf("expires at %v, it should be %d ms since 1970", d.Expires, s.expires)
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

// VerifyBackups opens every backup, which must be the store as it was at some moment, and removes it.
func (m *Model) VerifyBackups(ctx context.Context, dir string, t *Told, tr *harness.Trial) error {
	files, err := filepath.Glob(filepath.Join(dir, BackupStart+"*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		name := filepath.Base(file)
		verify := m.VerifyBackup
		if t.Relaxed && isRelaxed(name) {
			verify = m.verifyLaterBackup
		}
		if err := verify(ctx, file, t.Backups[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		delete(t.Backups, name)
		if err := os.Remove(file); err != nil {
			return err
		}
		tr.Note("backups", 1)
	}
	for name := range t.Backups {
		return fmt.Errorf("lost: %s was written and is not there", name)
	}
	return nil
}

// isRelaxed says whether a backup is of a round with Durability Relaxed.
func isRelaxed(backup string) bool {
	var round int
	n, _ := fmt.Sscanf(backup, BackupStart+"%d-", &round)
	return n == 1 && Options(round).Durability == kuzzlite.Relaxed
}

// verifyLaterBackup opens a backup, which must have at least a sequence, and may have what the store has lost since:
// so it is judged by its own feed.
func (m *Model) verifyLaterBackup(ctx context.Context, file string, least uint64) error {
	if err := closed(file); err != nil {
		return err
	}
	s, err := kuzzlite.Open(file, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if n := s.Sequence(); n < least {
		return fmt.Errorf("has sequence %d, not %d at least", n, least)
	}
	changes, err := ReadFeed(ctx, s, 0)
	if err != nil {
		return err
	}
	own := NewModel(m.Seed)
	if _, _, err := own.Replay(changes); err != nil {
		return err
	}
	return errors.Join(Sound(ctx, s), own.Compare(ctx, s))
}

// VerifyBackup opens a backup, which must have at least a sequence, and be the store at its own.
func (m *Model) VerifyBackup(ctx context.Context, file string, least uint64) error {
	if err := closed(file); err != nil {
		return err
	}
	s, err := kuzzlite.Open(file, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := Sound(ctx, s); err != nil {
		return err
	}
	if n := s.Sequence(); n < least || n > m.Sequence {
		return fmt.Errorf("has sequence %d, not %d to %d", n, least, m.Sequence)
	}
	changes, err := ReadFeed(ctx, s, 0)
	if err != nil {
		return err
	}
	if !m.HasFeed(changes) {
		return errors.New("its change feed is not the store's")
	}
	return nil
}

// HasFeed says whether changes are the first ones of the model.
func (m *Model) HasFeed(changes []kuzzlite.Change) bool {
	var sum uint64
	for _, c := range changes {
		sum = hash(sum, c)
	}
	return len(changes) < len(m.hashes) && sum == m.hashes[len(changes)]
}
