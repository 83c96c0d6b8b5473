package rot

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The store files in which bits are flipped, and what is asked of them then.

// shape is a kind of store.
type shape struct {
	name     string
	calls    int
	options  kuzzlite.Options
	compact  bool
	unclean  bool // copied while it is open
	feedGone bool // in part, so that it does not know all names
}

var shapes = []shape{
	{name: "small", calls: 6},
	{name: "large", calls: 120},
	{name: "compacted", calls: 60, compact: true},
	{name: "open", calls: 60, options: kuzzlite.Options{Log: kuzzlite.LogOff}, unclean: true},
	{name: "small and open", calls: 4, options: kuzzlite.Options{Log: kuzzlite.LogOff}, unclean: true},
	{name: "open, with a log", calls: 40, unclean: true},
	{name: "feed cut short", calls: 60, options: kuzzlite.Options{FeedMaxCount: 100}, feedGone: true},
	{name: "without tombstones", calls: 30, options: kuzzlite.Options{TombstoneRetention: -1}},
}

// specimen is a store file, with what is known of it.
type specimen struct {
	path      string
	bytes     []byte
	log       []byte  // of a store that was not closed; nil: it has none
	fields    []field // of the log, if there is one
	questions []questions
	truth     answers
	before    answers // what the other meta page, or the log without its last record, gives; nil: nothing
}

// make makes a store of this shape. It is a function of the seed, but for times and the store's id.
func (sh shape) make(ctx context.Context, seed uint64, path string) (*specimen, error) {
	o := sh.options
	o.AutoCreate = true
	o.TombstoneRetention = cmp.Or(o.TombstoneRetention, 1000*time.Hour)
	o.FeedMaxCount = cmp.Or(o.FeedMaxCount, -1)
	s, err := kuzzlite.Open(path, &o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for n := range sh.calls {
		c := oracle.NewCall(seed, oracle.Tag{Round: 1, Caller: 0, N: n})
		if c.Verb == oracle.Drop && n%4 > 0 { // or little is left
			continue
		}
		if _, _, err := c.Run(s); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(addPlain(ctx, s, seed), oracle.Sound(ctx, s)); err != nil {
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
	if sp.bytes, err = os.ReadFile(path); err != nil {
		return nil, err
	}
	if sp.log, err = os.ReadFile(sp.logPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := errors.Join(s.Close(), sp.restore()); err != nil {
		return nil, err
	}
	if sp.log != nil {
		sp.fields = logFields(sp.log)
		return sp, sp.learnLog(ctx)
	}
	if sp.fields, err = liveFields(sp.bytes, !sh.feedGone); err != nil {
		return nil, err
	}
	return sp, sp.learn(ctx)
}

// addPlain writes what every shape has: some documents, a tombstone, and changes in the tail.
func addPlain(ctx context.Context, s *kuzzlite.Store, seed uint64) error {
	c := s.Collection(oracle.Index, oracle.Collections[0])
	r := rand.New(rand.NewPCG(seed, 1))
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

func (sp *specimen) logPath() string { return sp.path + oracle.LogSuffix }

// restore writes the files as they were.
func (sp *specimen) restore() error {
	err := os.WriteFile(sp.path, sp.bytes, 0o600)
	if sp.log != nil {
		err = errors.Join(err, os.WriteFile(sp.logPath(), sp.log, 0o600))
	}
	return err
}

// learnLog is learn for a store with a log.
func (sp *specimen) learnLog(ctx context.Context) (err error) {
	last := slices.IndexFunc(sp.fields, func(f field) bool { return f.name == lastRecordField })
	if last < 0 {
		return errors.New("the log has no records")
	}
	for _, learnt := range []*answers{&sp.truth, &sp.before} {
		var problem error
		if *learnt, problem, err = sp.read(ctx, false); err != nil || problem != nil {
			return errors.Join(err, problem)
		}
		err := errors.Join(sp.restore(), sp.turn(flip{field: sp.fields[last], at: sp.fields[last].at}))
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
	return errors.Join(err, problem, os.WriteFile(sp.path, sp.bytes, 0o600))
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
	case wrong == "" && (fl.field.name == metaField || fl.field.name == branchKeyField || fl.field.name == freelistField):
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
	path := sp.path
	if sp.log != nil {
		path = sp.logPath()
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
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
