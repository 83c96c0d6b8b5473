package pairs

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The stores of which pairs are made. All work is done by one goroutine, checkpoints too: so the files can be copied
// between any two steps.

// history is the life of a store, or of a copy that went its own way.
type history struct {
	seed    uint64
	store   int // which one; copies are of the same
	caller  int // of its calls
	path    string
	changes []kuzzlite.Change

	live    *kuzzlite.Store
	calls   int
	moments []*moment
}

// moment is what a history had on the disk at some time.
type moment struct {
	history     *history
	number      int
	file        []byte
	logs        map[string][]byte // by what their names have behind the store's
	newest      string            // of those the one with the newest record; "": none has a record
	sequence    uint64            // acknowledged
	open        bool              // the file needs its log
	halfApplied bool
}

func (m *moment) String() string {
	h := m.history
	return fmt.Sprintf("store %d, caller %d, moment %d at sequence %d", h.store, h.caller, m.number, m.sequence)
}

// family makes two stores, of which one has two copies that go their own ways, and returns their moments.
func family(ctx context.Context, seed uint64, dir string, r *rand.Rand) (all []*moment, err error) {
	var histories []*history
	for n := range 2 {
		h := &history{seed: seed, store: n, path: filepath.Join(dir, fmt.Sprintf("%d.db", n))}
		histories = append(histories, h)
		if err := h.liveFor(ctx, r, 20+r.IntN(30)); err != nil {
			return nil, err
		}
		if n > 0 {
			continue
		}
		for caller := 1; caller <= 2; caller++ {
			fork, err := h.fork(caller, r)
			if err != nil {
				return nil, err
			}
			if err := fork.liveFor(ctx, r, 5+r.IntN(20)); err != nil {
				return nil, err
			}
			histories = append(histories, fork)
		}
	}
	for _, h := range histories {
		all = append(all, h.moments...)
	}
	return all, nil
}

// liveFor opens the store, makes calls, takes moments meanwhile, and closes the store for good.
func (h *history) liveFor(ctx context.Context, r *rand.Rand, calls int) error {
	disk.Tune(disk.Tuning{
		CheckpointSize: 8 << (10 + r.IntN(3)), SliceBytes: 2 << (10 + r.IntN(3)), InTurn: true,
		Slice: func() { h.betweenSlices(r) },
	})
	if err := h.open(); err != nil {
		return err
	}
	defer func() { h.live.Close() }()
	for range calls {
		h.calls++
		tag := oracle.Tag{Round: 1 + h.store, Caller: h.caller, N: h.calls}
		if _, _, err := oracle.NewCall(h.seed, tag).Run(h.live); err != nil {
			return err
		}
		if err := h.now(); err != nil {
			return err
		}
		if err := h.upkeep(ctx, r); err != nil {
			return err
		}
	}
	var err error
	if h.changes, err = oracle.ReadFeed(ctx, h.live, 0); err != nil {
		return err
	}
	return errors.Join(h.live.Close(), h.now())
}

func (h *history) open() (err error) {
	h.live, err = kuzzlite.Open(h.path, oracle.Options(0))
	return err
}

// upkeep does what a store's owner does now and then.
func (h *history) upkeep(ctx context.Context, r *rand.Rand) error {
	switch r.IntN(12) {
	case 0:
		if err := errors.Join(h.live.Close(), h.now(), h.open()); err != nil {
			return err
		}
		return h.now()
	case 1:
		if _, err := h.live.Compact(ctx); err != nil {
			return err
		}
		return h.now()
	}
	return nil
}

// betweenSlices takes a moment, now and then, while the file is half applied.
func (h *history) betweenSlices(r *rand.Rand) {
	if h.live == nil || r.IntN(4) > 0 {
		return
	}
	if m, err := h.take(); err == nil && m.halfApplied { // or it is a copy for Compact
		h.moments = append(h.moments, m)
	}
}

// now takes a moment.
func (h *history) now() error {
	m, err := h.take()
	h.moments = append(h.moments, m)
	return err
}

func (h *history) take() (*moment, error) {
	m := &moment{history: h, number: len(h.moments), sequence: h.live.Sequence(), logs: map[string][]byte{}}
	var err error
	if m.file, err = os.ReadFile(h.path); err != nil {
		return nil, err
	}
	for _, log := range oracle.Logs(h.path) {
		b, err := os.ReadFile(log)
		if err != nil {
			return nil, err
		}
		m.logs[strings.TrimPrefix(log, h.path)] = b
	}
	m.newest = newest(m.logs)
	copied := h.path + "-state"
	if err := os.WriteFile(copied, m.file, 0o600); err != nil {
		return nil, err
	}
	state, err := oracle.ReadState(copied)
	m.open, m.halfApplied = state.Open, state.HalfApplied
	return m, errors.Join(err, os.Remove(copied))
}

// newest returns which of the files of a log has the newest record. See internal/segment/doc.go.
func newest(logs map[string][]byte) (name string) {
	const generationAt, nonceAt, area, recordNonceAt = 28, 36, 8192, 8
	most := uint64(0)
	for file, b := range logs {
		begun := len(b) > area+recordNonceAt+8 && bytes.Equal(b[nonceAt:nonceAt+8], b[area+recordNonceAt:area+recordNonceAt+8])
		if n := binary.BigEndian.Uint64(b[generationAt:]); begun && n > most {
			name, most = file, n
		}
	}
	return name
}

// fork makes a copy of the store as it was at some moment, to go its own way.
func (h *history) fork(caller int, r *rand.Rand) (*history, error) {
	m := h.moments[r.IntN(len(h.moments))]
	fork := &history{seed: h.seed, store: h.store, caller: caller, path: fmt.Sprintf("%s-copy%d", h.path, caller)}
	err := os.WriteFile(fork.path, m.file, 0o600)
	for name, b := range m.logs {
		err = errors.Join(err, os.WriteFile(fork.path+name, b, 0o600))
	}
	return fork, err
}

// begins says whether the first n changes of a store are those of this one.
func (h *history) begins(ctx context.Context, s *kuzzlite.Store, n uint64) error {
	m := oracle.NewModel(h.seed)
	if _, _, err := m.Replay(h.changes[:n]); err != nil {
		return err
	}
	changes, err := oracle.ReadFeed(ctx, s, 0)
	if err == nil && !m.HasFeed(changes[:n]) {
		err = errors.New("its change feed is another one")
	}
	return err
}

// isState says whether a store is what this one was after one of its calls.
func (h *history) isState(ctx context.Context, s *kuzzlite.Store) error {
	n := s.Sequence()
	if n > uint64(len(h.changes)) {
		return fmt.Errorf("it has sequence %d, and the store never had more than %d", n, len(h.changes))
	}
	m := oracle.NewModel(h.seed)
	if _, _, err := m.Replay(h.changes[:n]); err != nil {
		return fmt.Errorf("it is not what was there after a call: %w", err)
	}
	changes, err := oracle.ReadFeed(ctx, s, 0)
	if err != nil {
		return err
	}
	if !m.HasFeed(changes) {
		return errors.New("its change feed is another one")
	}
	return m.Compare(ctx, s)
}
