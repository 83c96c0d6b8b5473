package soak

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// What the callers of a soak do, each again and again.

// duty is what one caller does.
type duty struct {
	what  string
	pause time.Duration // between two calls, on average
	do    func(*soaker, *kuzzlite.Store, *rand.Rand) error
}

const (
	things = 500 // documents, at most
	often  = 20 * time.Millisecond
)

var duties = []duty{
	{moves, often, moveDuty},
	{moves, often, moveDuty},
	{moves, often, moveDuty},
	{transfers, often, transferDuty},
	{transfers, often, transferDuty},
	{transfers, often, transferDuty},
	{batches, 2 * often, batchDuty},
	{batches, 2 * often, batchDuty},
	{deletions, 5 * often, deleteDuty},
	{reads, often, readDuty},
	{reads, often, readDuty},
	{audits, often, func(_ *soaker, s *kuzzlite.Store, _ *rand.Rand) error {
		return audit(context.Background(), s.Collection(oracle.Index, "bank"))
	}},
	{watches, 10 * often, watchDuty},
	{backups, 15 * time.Second, backupDuty},
	{checks, 15 * time.Second, func(_ *soaker, s *kuzzlite.Store, _ *rand.Rand) error {
		return oracle.Sound(context.Background(), s)
	}},
	{"chances to compact", 20 * time.Second, compactDuty},
}

// watches are followers that come and go.
const watches = "short-lived followers"

func moveDuty(_ *soaker, s *kuzzlite.Store, r *rand.Rand) error {
	return move(context.Background(), s.Collection(oracle.Index, "bank"), r)
}

func transferDuty(_ *soaker, s *kuzzlite.Store, r *rand.Rand) error {
	return transfer(context.Background(), s.Collection(oracle.Index, "bank"), r)
}

func thing(r *rand.Rand) string { return "t" + strconv.Itoa(r.IntN(things)) }

func batchDuty(_ *soaker, s *kuzzlite.Store, r *rand.Rand) error {
	var items []kuzzlite.Upsert
	for range 1 + r.IntN(30) {
		items = append(items, kuzzlite.Upsert{ID: thing(r), Changes: map[string]any{
			"n": r.IntN(1000), "pad": strings.Repeat("x", r.IntN(1500)),
		}})
	}
	res, err := s.Collection(oracle.Index, "things").MUpsert(context.Background(), items, nil)
	if err != nil {
		return err
	}
	return res.Err()
}

func deleteDuty(_ *soaker, s *kuzzlite.Store, r *rand.Rand) error {
	var ids []string
	for range 1 + r.IntN(30) {
		ids = append(ids, thing(r))
	}
	_, err := s.Collection(oracle.Index, "things").MDelete(context.Background(), ids, nil)
	return err
}

func readDuty(_ *soaker, s *kuzzlite.Store, r *rand.Rand) error {
	ctx := context.Background()
	col := s.Collection(oracle.Index, "things")
	switch r.IntN(4) {
	case 0:
		_, err := col.MGet(ctx, []string{thing(r), thing(r), thing(r)})
		return err
	case 1:
		_, err := col.Count(ctx)
		return err
	case 2:
		_, err := col.Exists(ctx, thing(r))
		return err
	}
	for _, err := range col.All(ctx, &kuzzlite.ListOptions{After: thing(r), Limit: 1 + r.IntN(50)}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// watchDuty follows for a few changes.
func watchDuty(_ *soaker, s *kuzzlite.Store, r *rand.Rand) error {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	n := r.IntN(10)
	for _, err := range s.Collection(oracle.Index, "bank").Watch(ctx, nil) {
		if n--; n < 0 || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func backupDuty(c *soaker, s *kuzzlite.Store, r *rand.Rand) error {
	path, err := auditBackup(context.Background(), s, c.Dir, r.Int())
	if err != nil {
		return err
	}
	return os.Remove(path)
}

// compactDuty compacts, but not in the first half of a quarter of the run: there it would hide a file that grows.
func compactDuty(c *soaker, s *kuzzlite.Store, _ *rand.Rand) error {
	if quarter := c.span() / 4; (c.span()-c.left())%quarter < quarter/2 {
		return nil
	}
	_, err := s.Compact(context.Background())
	if err == nil {
		c.count(compactions, 1)
	}
	return err
}
