package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

var pairs = flag.Int("pairs", 300, "how many pairs of a file and a log TestPairs tries")

// moment is the files of a store at one moment, and what was acknowledged until then.
type moment struct {
	image
	number  int
	lineage *lineage
	states  int // so many of the lineage's states were acknowledged, the first one after creation
}

// lineage is all states of one store, or of one copy of a store from where it went its own way.
type lineage struct {
	name   string
	states []string
	known  map[string]int
}

func (l *lineage) add(state string) {
	l.states = append(l.states, state)
	l.known[state] = len(l.states)
}

// branch is a lineage that has the states of l until a moment, and goes its own way from there.
func (l *lineage) branch(name string, states int) *lineage {
	b := &lineage{name: name, known: map[string]int{}}
	for _, s := range l.states[:states] {
		b.add(s)
	}
	return b
}

// archive makes stores and keeps moments of them.
type archive struct {
	t       *testing.T
	dir     string
	rng     *rand.Rand
	moments []moment
}

func (a *archive) path() string {
	dir, err := os.MkdirTemp(a.dir, "")
	ok(a.t, err)
	return filepath.Join(dir, "test.db")
}

// live opens the store at path, works with it, and keeps some moments: in the midst of checkpoints, between them, and
// closed.
func (a *archive) live(path string, l *lineage) {
	o := options(func(o *Options) { o.CheckpointSize = 1500 + a.rng.IntN(3000) })
	e, err := Open(path, o)
	ok(a.t, err)
	defer e.Close()
	if len(l.states) == 0 {
		l.add(state(a.t, e))
	}
	look := func() {
		if a.rng.IntN(8) == 0 {
			a.keep(path, l)
		}
	}
	at(a.t, &betweenSlices, look)
	at(a.t, &beforeDrop, look)
	for range 4 + a.rng.IntN(12) {
		b := &kv.Batch{}
		for n := range a.rng.IntN(8) {
			b.Put([]byte("b"), fmt.Append(nil, "k", a.rng.IntN(20)), fmt.Append(nil, l.name, " ", len(l.states), " ", n))
		}
		b.Put([]byte("b"), []byte("last"), fmt.Append(nil, l.name, " ", len(l.states)))
		ok(a.t, writeBatch(e, b))
		l.add(state(a.t, e))
		switch a.rng.IntN(6) {
		case 0:
			ok(a.t, e.freezeNow())
		case 1, 2:
			a.keep(path, l)
		}
	}
	if a.rng.IntN(2) == 0 {
		a.keep(path, l)
		return
	}
	ok(a.t, e.Close())
	a.keep(path, l)
}

func (a *archive) keep(path string, l *lineage) {
	a.moments = append(a.moments, moment{imageOf(a.t, path), len(a.moments), l, len(l.states)})
}

// fill makes stores: some that go on, some copies that go their own ways, and some backups.
func (a *archive) fill() {
	for store := range 3 {
		l := &lineage{name: fmt.Sprint("store", store), known: map[string]int{}}
		path := a.path()
		for range 3 {
			a.live(path, l)
		}
	}
	for i := range 12 {
		m := a.moments[a.rng.IntN(len(a.moments))]
		l := m.lineage.branch(fmt.Sprint("copy", i), m.states)
		path := a.path()
		m.writeTo(a.t, path)
		if i%4 == 3 {
			e, err := Open(path, options())
			ok(a.t, err)
			backup := a.path()
			ok(a.t, backupTo(e, backup))
			ok(a.t, e.Close())
			path = backup
		}
		a.live(path, l)
		if i%2 == 0 {
			a.live(path, l)
		}
	}
}

// Files and logs of different moments of a store, of copies of a store that went their own ways, and of different
// stores are put together at random. Each pair is refused, and then no byte of any file is changed; or it opens, and
// shows a state that was acknowledged, of the file's own store.
func TestPairs(t *testing.T) {
	tune(t, Tuning{SliceBytes: 120, InTurn: true})
	seed := rand.Uint64()
	a := &archive{t: t, dir: inMemory(t), rng: rand.New(rand.NewPCG(seed, 0))}
	a.fill()
	betweenSlices.Store(nil)
	beforeDrop.Store(nil)
	opened, refused := 0, 0
	for i := range *pairs {
		file, log := a.pair()
		what := fmt.Sprintf("seed %d, pair %d: %s at %d with the log of %s at %d",
			seed, i, file.lineage.name, file.states, log.lineage.name, log.states)
		if a.try(what, file, log) {
			opened++
		} else {
			refused++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d moments; %d pairs open, %d are refused", len(a.moments), opened, refused)
	if opened < *pairs/10 || refused < *pairs/10 {
		t.Errorf("seed %d: %d pairs open, %d are refused", seed, opened, refused)
	}
}

// pair is two moments, of one lineage more often than not.
func (a *archive) pair() (file, log moment) {
	file = a.moments[a.rng.IntN(len(a.moments))]
	if a.rng.IntN(20) == 0 {
		return file, file
	}
	log = a.moments[a.rng.IntN(len(a.moments))]
	for i := 0; i < 5 && log.lineage != file.lineage && a.rng.IntN(3) > 0; i++ {
		log = a.moments[a.rng.IntN(len(a.moments))]
	}
	return file, log
}

// try puts a file and a log together, sometimes with one segment of the file's own log, and opens them.
func (a *archive) try(what string, file, log moment) (opens bool) {
	m := image{"": file.image[""]}
	mixed := a.rng.IntN(4) == 0
	for _, suffix := range suffixes[1:] {
		from := log
		if mixed && a.rng.IntN(2) == 0 {
			from = file
		}
		if b, is := from.image[suffix]; is {
			m[suffix] = b
		}
	}
	path := a.path()
	defer os.RemoveAll(filepath.Dir(path))
	m.writeTo(a.t, path)
	records := m.records(a.t, path)
	e, err := Open(path, options())
	if err != nil {
		another := strings.Contains(err.Error(), "the log of another store")
		if !errors.Is(err, kv.ErrCorrupt) || !strings.Contains(err.Error(), "log") || another != m.strange() {
			a.t.Errorf("%s: %v", what, err)
		}
		m.unchanged(a.t, path)
		if file.number == log.number {
			a.t.Errorf("%s: a store that was not taken apart is refused: %v", what, err)
		}
		return false
	}
	defer e.Close()
	got := state(a.t, e)
	n, ofFile := file.lineage.known[got]
	_, ofLog := log.lineage.known[got]
	_, contained := file.lineage.known[log.lineage.states[log.states-1]]
	switch {
	case !ofFile && !ofLog:
		a.t.Errorf("%s: it shows what was never acknowledged: %s", what, got)
	case !mixed && records > 0 && !ofLog && !contained && !m.old():
		a.t.Errorf("%s: the log is thrown away", what)
	case file.number == log.number && n != file.states:
		a.t.Errorf("%s: a store that was not taken apart shows state %d", what, n)
	case ofFile && file.lineage == log.lineage && n < min(file.states, log.states):
		a.t.Errorf("%s: it shows state %d", what, n)
	}
	ok(a.t, tryPut(e, "goes on", "1"))
	ok(a.t, e.Close())
	return true
}

// records counts those of the segments that were written to path.
func (m image) records(t *testing.T, path string) (n uint64) {
	t.Helper()
	for _, suffix := range suffixes[1:] {
		if m[suffix] == nil {
			continue
		}
		c, err := segment.Read(path+suffix, true)
		ok(t, err)
		n += c.End.Records
	}
	return n
}

// strange says whether there is a segment of another store than the file.
func (m image) strange() bool {
	for _, suffix := range suffixes[1:] {
		if b := m[suffix]; b != nil && string(b[12:28]) != string(lookup(m[""], keyID)) {
			return true
		}
	}
	return false
}

// old says whether there is a segment that the file knows as one of generations ago, of which the file knows no more
// than the nonce: if a copy of the store has gone on with that same segment, nobody can tell.
func (m image) old() bool {
	state, err := decodeLogState(lookup(m[""], keyLog))
	if err != nil {
		return false
	}
	for _, suffix := range suffixes[1:] {
		if b := m[suffix]; b != nil && slices.Contains(state.before[:], binary.BigEndian.Uint64(b[36:])) {
			return true
		}
	}
	return false
}

// lookup finds a value of the engine's bucket in the bytes of a store's file.
func lookup(file, key []byte) []byte {
	r := bytes.NewReader(file)
	h, err := boltfile.ReadHeader(r, int64(len(file)))
	if err != nil {
		return nil
	}
	value, _ := boltfile.Lookup(r, h, bucketEngine, key)
	return value
}
