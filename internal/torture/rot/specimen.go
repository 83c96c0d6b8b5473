package rot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The store files in which bits are flipped, and what is asked of them then.

// shape is a kind of store.
type shape struct {
	name        string
	calls       int
	options     kuzzlite.Options
	compact     bool
	unclean     bool // copied while it is open
	feedGone    bool // in part, so that it does not know all names
	checkpoints bool // there were some before
	halfApplied bool // copied while a checkpoint is between two slices, and more was written since it began
}

var shapes = []shape{
	{name: "small", calls: 6},
	{name: "large", calls: 120},
	{name: "compacted", calls: 60, compact: true},
	{name: "open", calls: 60, options: kuzzlite.Options{Log: kuzzlite.LogOff}, unclean: true},
	{name: "small and open", calls: 4, options: kuzzlite.Options{Log: kuzzlite.LogOff}, unclean: true},
	{name: "open, with a log", calls: 40, unclean: true},
	{name: "open, after checkpoints", calls: 60, unclean: true, checkpoints: true},
	{name: "open, half applied", calls: 60, unclean: true, halfApplied: true},
	{name: "feed cut short", calls: 60, options: kuzzlite.Options{FeedMaxCount: 100}, feedGone: true},
	{name: "without tombstones", calls: 30, options: kuzzlite.Options{TombstoneRetention: -1}},
}

// specimen is a store file, with what is known of it.
type specimen struct {
	path      string
	bytes     []byte
	logs      map[string][]byte // of a store that was not closed, by what their names have behind the store's
	fields    []field           // of the log, if there is one
	questions []questions
	truth     answers
	before    answers // what the other meta page, or the log without its last record, gives; nil: nothing
}

// make makes a store of this shape. It is a function of the seed, but for times and the store's id.
func (sh shape) make(ctx context.Context, seed uint64, path string) (*specimen, error) {
	between := sh.tune()
	defer disk.Tune(disk.Tuning{})
	o := sh.options
	o.AutoCreate = true
	o.TombstoneRetention = cmp.Or(o.TombstoneRetention, 1000*time.Hour)
	o.FeedMaxCount = cmp.Or(o.FeedMaxCount, -1)
	s, err := kuzzlite.Open(path, &o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	defer between.leave()
	if err := errors.Join(sh.fill(ctx, s, seed, between), addPlain(ctx, s, seed), oracle.Sound(ctx, s)); err != nil {
		return nil, err
	}
	if sh.compact {
		if _, err := s.Compact(ctx); err != nil {
			return nil, err
		}
	}
	if !sh.unclean {
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	sp := &specimen{path: path, questions: allQuestions()}
	if err := sp.take(); err != nil {
		return nil, err
	}
	between.leave()
	if err := errors.Join(s.Close(), sp.restore()); err != nil {
		return nil, err
	}
	if sp.logs != nil {
		return sp, sp.learnLog(ctx)
	}
	if sp.fields, err = liveFields(sp.bytes, !sh.feedGone); err != nil {
		return nil, err
	}
	return sp, sp.learn(ctx)
}

// fill makes calls, until a checkpoint is between two slices if that is wanted.
func (sh shape) fill(ctx context.Context, s *kuzzlite.Store, seed uint64, between *stall) error {
	for n := 0; n < sh.calls || sh.halfApplied; n++ {
		c := oracle.NewCall(seed, oracle.Tag{Round: 1, Caller: 0, N: n})
		if c.Verb == oracle.Drop && n%4 > 0 { // or little is left
			continue
		}
		if _, _, err := c.Run(s); err != nil {
			return err
		}
		for sh.halfApplied {
			st, err := s.Stats(ctx)
			if err != nil || n > 1000 {
				return errors.Join(err, errors.New("no checkpoint was between two slices"))
			}
			if between.isReached() {
				return nil
			}
			if st.FrozenBytes == 0 {
				break
			}
		}
	}
	return nil
}

// stall holds up a checkpoint between two slices.
type stall struct {
	reached, left chan struct{}
	once, twice   sync.Once
}

func (b *stall) wait()  { b.once.Do(func() { close(b.reached) }); <-b.left }
func (b *stall) leave() { b.twice.Do(func() { close(b.left) }) }

func (b *stall) isReached() bool {
	select {
	case <-b.reached:
		return true
	default:
		return false
	}
}

// tune has this process make checkpoints as the shape wants them.
func (sh shape) tune() *stall {
	b := &stall{reached: make(chan struct{}), left: make(chan struct{})}
	switch {
	case sh.checkpoints:
		disk.Tune(disk.Tuning{CheckpointSize: 64 << 10, InTurn: true})
	case sh.halfApplied:
		disk.Tune(disk.Tuning{CheckpointSize: 64 << 10, SliceBytes: 8 << 10, Slice: b.wait})
	}
	return b
}

// take reads the files.
func (sp *specimen) take() (err error) {
	if sp.bytes, err = os.ReadFile(sp.path); err != nil {
		return err
	}
	for _, log := range oracle.Logs(sp.path) {
		if sp.logs == nil {
			sp.logs = map[string][]byte{}
		}
		if sp.logs[strings.TrimPrefix(log, sp.path)], err = os.ReadFile(log); err != nil {
			return err
		}
	}
	return nil
}

// addPlain writes what every shape has: some documents, field indexes, a tombstone, and changes in the tail.
func addPlain(ctx context.Context, s *kuzzlite.Store, seed uint64) error {
	c := s.Collection(oracle.Index, oracle.Collections[0])
	r := rand.New(rand.NewPCG(seed, 1))
	if err := oracle.MakeFieldIndexes(ctx, c); err != nil {
		return err
	}
	for range 4 {
		if _, err := c.CreateOrReplace(ctx, "d"+strconv.Itoa(r.IntN(200)), oracle.NewDocument(r).JSON(), nil); err != nil {
			return err
		}
	}
	if _, err := c.CreateOrReplace(ctx, "d0", []byte(`{}`), nil); err != nil {
		return err
	}
	_, err := c.Delete(ctx, "d0", nil)
	return err
}

func allQuestions() (list []questions) {
	for _, name := range oracle.Collections {
		q := questions{index: oracle.Index, collection: name}
		for i := range 200 {
			q.ids = append(q.ids, "d"+strconv.Itoa(i))
		}
		list = append(list, q)
	}
	return list
}

// restore writes the files as they were.
func (sp *specimen) restore() error {
	err := os.WriteFile(sp.path, sp.bytes, 0o600)
	for _, log := range oracle.Logs(sp.path) {
		err = errors.Join(err, os.Remove(log))
	}
	for name, b := range sp.logs {
		err = errors.Join(err, os.WriteFile(sp.path+name, b, 0o600))
	}
	return err
}

// findLogFields lists the live bytes of the log, the newest record last.
func (sp *specimen) findLogFields() error {
	state, err := oracle.ReadState(sp.path)
	if err != nil {
		return err
	}
	generation := func(name string) uint64 { return binary.BigEndian.Uint64(sp.logs[name][28:]) }
	names := slices.SortedFunc(maps.Keys(sp.logs), func(a, b string) int {
		return cmp.Compare(generation(a), generation(b))
	})
	for _, name := range names {
		sp.fields = append(sp.fields, logFields(name, sp.logs[name], state.Contained)...)
	}
	last := len(sp.fields) - 1
	if last < 0 || sp.fields[last].name != recordField {
		return errors.New("the log has no records")
	}
	sp.fields[last].name = lastRecordField
	return nil
}

// learnLog is learn for a store with a log.
func (sp *specimen) learnLog(ctx context.Context) (err error) {
	if err := sp.findLogFields(); err != nil {
		return err
	}
	last := sp.fields[len(sp.fields)-1]
	for _, learnt := range []*answers{&sp.truth, &sp.before} {
		var problem error
		if *learnt, problem, err = sp.read(ctx, false); err != nil || problem != nil {
			return errors.Join(err, problem)
		}
		err := errors.Join(sp.restore(), sp.turn(flip{field: last, at: last.at}))
		if err != nil {
			return err
		}
	}
	return sp.restore()
}

// learn asks for the right answers, and for those from before the last commit.
func (sp *specimen) learn(ctx context.Context) error {
	h, err := boltfile.ReadHeader(bytes.NewReader(sp.bytes), int64(len(sp.bytes)))
	if err != nil {
		return err
	}
	var problem error
	if sp.truth, problem, err = sp.read(ctx, true); err != nil || problem != nil {
		return errors.Join(err, problem)
	}
	torn := slices.Clone(sp.bytes)
	torn[int(h.Txid%2)*h.PageSize+16] ^= 1
	if err := os.WriteFile(sp.path, torn, 0o600); err != nil {
		return err
	}
	sp.before, problem, err = sp.read(ctx, true)
	return errors.Join(err, problem, sp.restore())
}

// read opens the file and asks everything; problem is what Open or Check say.
func (sp *specimen) read(ctx context.Context, readOnly bool) (a answers, problem, err error) {
	s, err := kuzzlite.Open(sp.path, &kuzzlite.Options{ReadOnly: readOnly, FeedMaxCount: -1})
	if noticed(err) {
		return nil, err, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	return sp.ask(ctx, s)
}

func (sp *specimen) ask(ctx context.Context, s *kuzzlite.Store) (a answers, problem, err error) {
	a = ask(ctx, s, sp.questions)
	report, err := s.Check(ctx)
	if noticed(err) {
		return a, err, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return a, report.Err(), nil
}

// flip is one bit.
type flip struct {
	field field
	at    int64
	bit   int
	how   string
}

// try flips a bit, asks, and flips it back. The outcome begins with "noticed", or says why not.
func (sp *specimen) try(ctx context.Context, fl flip) (outcome string, err error) {
	var a answers
	var problem error
	if fl.how == "mapped" {
		a, problem, err = sp.underneath(ctx, fl)
	} else if err = sp.turn(fl); err == nil {
		a, problem, err = sp.read(ctx, fl.how == "closed")
	}
	if err != nil {
		return "", err
	}
	if fl.how == "closed" {
		err = sp.turn(fl)
	} else {
		err = sp.restore()
	}
	if err != nil {
		return "", err
	}
	return sp.judge(fl, a, problem)
}

func (sp *specimen) judge(fl flip, a answers, problem error) (string, error) {
	if a == nil {
		return "noticed in " + fl.field.name, nil
	}
	corrupt, wrong := a.compare(sp.truth)
	switch {
	case corrupt || problem != nil && wrong == "":
		return "noticed in " + fl.field.name, nil
	case problem != nil:
		return "noticed by Check only, in " + fl.field.name, nil
	case wrong == "" && slices.Contains(harmless, fl.field.name):
		return "no harm in " + fl.field.name, nil
	case wrong == "":
		return "", errors.New("nothing noticed it, and nothing changed: is the byte live?")
	}
	if _, other := a.compare(sp.before); other == "" && (fl.field.name == metaField || fl.field.name == lastRecordField) {
		return "the commit before, after a flip in the " + fl.field.name, nil
	}
	return "", fmt.Errorf("wrong answer: %s", wrong)
}

// underneath flips a bit in the file of an open store. What is read only by Open, as the number of the format is, must
// be noticed by the next one.
func (sp *specimen) underneath(ctx context.Context, fl flip) (a answers, problem, err error) {
	s, err := kuzzlite.Open(sp.path, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	if err := sp.turn(fl); err != nil {
		return nil, nil, err
	}
	a, problem, err = sp.ask(ctx, s)
	if err != nil || problem != nil {
		return a, problem, err
	}
	if corrupt, wrong := a.compare(sp.truth); corrupt || wrong != "" {
		return a, nil, nil
	}
	if err := s.Close(); err != nil {
		return nil, nil, err
	}
	return sp.read(ctx, true)
}

// turn flips a bit in the file.
func (sp *specimen) turn(fl flip) error {
	f, err := os.OpenFile(sp.path+fl.field.file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b := make([]byte, 1)
	_, err = f.ReadAt(b, fl.at)
	if err == nil {
		b[0] ^= 1 << fl.bit
		_, err = f.WriteAt(b, fl.at)
	}
	return errors.Join(err, f.Close())
}
