package kv

import (
	"bytes"
	"errors"
)

// Base is one state of what lies below the overlays. It does not change.
type Base interface {
	Bucket(name []byte) BaseBucket // nil: there is no such bucket
	Names() Cursor                 // over the names of the buckets; its values do not count
}

// BaseBucket is one bucket of a Base.
type BaseBucket interface {
	Get(key []byte) []byte // nil: there is no such key
	Cursor() Cursor
}

// ManyGetter is a BaseBucket that gets many keys faster than one by one.
type ManyGetter interface {
	GetMany(keys, values [][]byte) // values[i] is what Get returns for keys[i]; the keys ascend
}

// Cursor walks over keys in order, as a *bbolt.Cursor does. A nil key means that there is none; the cursor is not
// stepped after that. A nil value with a key is a nested bucket, which is passed over.
type Cursor interface {
	First() (key, value []byte)
	Last() (key, value []byte)
	Seek(key []byte) (k, v []byte) // the first key that is not smaller
	Next() (key, value []byte)
	Prev() (key, value []byte)
}

// Layered is the View of versions of overlays on top of a base.
type Layered struct {
	base    Base       // nil: nothing below
	layers  []*Version // the newest first, without empty ones
	release func()     // nil once released
	bucket  place      // the bucket that was asked for last
	scanner *scanner   // one that is free for the next scan

	room struct { // where layers, bucket.layers and bucket.name lie while they are short, so that a view is one allocation
		layers  [3]*Version
		changes [3]*Changes
		name    [64]byte
	}
}

// place is where the keys of one bucket are found.
type place struct {
	name   []byte
	known  bool       // name was looked up
	exists bool       // there is such a bucket
	layers []*Changes // the newest first, without those that change no keys
	base   BaseBucket // nil: nothing of the base shows
}

// NewLayered returns a view of versions, the newest first, on top of a base, or of nothing if base is nil. Release
// calls release, which may be nil.
func NewLayered(base Base, release func(), layers ...*Version) *Layered {
	l := new(Layered)
	l.Init(base, release, layers...)
	return l
}

// Init makes l what NewLayered returns. l must not be copied afterwards.
func (l *Layered) Init(base Base, release func(), layers ...*Version) {
	l.base, l.release = base, release
	l.layers = l.room.layers[:0]
	for _, v := range layers {
		if !v.Empty() {
			l.layers = append(l.layers, v)
		}
	}
}

var errReleased = errors.New("the view was released")

// Release ends the view, which then lets go of all memory. A second call does nothing.
func (l *Layered) Release() {
	release := l.release
	*l = Layered{base: released{}}
	if release != nil {
		release()
	}
}

// released is the base of a view that was released.
type released struct{}

func (released) Bucket([]byte) BaseBucket { return nil }
func (released) Names() Cursor            { return nil }

// Exists says whether there is a bucket of that name.
func (l *Layered) Exists(bucket []byte) bool {
	p, _ := l.find(bucket)
	return p != nil
}

// Check says whether an encoded batch can be applied to the state that the view shows, and returns how many operations
// it has. It refuses what is no batch, changes in a bucket that does not exist, and names and keys of no bytes or too
// many.
func (l *Layered) Check(encoded []byte) (ops int, err error) { return check(encoded, l.Exists) }

// find returns the place of a bucket, which counts until find is called again.
func (l *Layered) find(bucket []byte) (*place, error) {
	p := &l.bucket
	if !p.known || !bytes.Equal(p.name, bucket) {
		if l.base == (released{}) {
			return nil, errReleased
		}
		l.look(bucket)
	}
	if !p.exists {
		return nil, ErrNoBucket
	}
	return p, nil
}

// look finds out where the keys of a bucket are. The newest layer that knows of the bucket says whether it exists.
func (l *Layered) look(bucket []byte) {
	p := &l.bucket
	clear(p.layers)
	if p.name == nil {
		p.name = l.room.name[:0]
	}
	*p = place{name: append(p.name[:0], bucket...), known: true, layers: l.room.changes[:0]}
	decided := false
	for _, v := range l.layers {
		c, ok := v.buckets.Get(alias(bucket))
		if !ok {
			continue
		}
		if !decided {
			p.exists, decided = c.Exists, true
		}
		if c.entries.Len() > 0 || len(c.Deleted) > 0 {
			p.layers = append(p.layers, c)
		}
		if c.Hides {
			return
		}
	}
	if l.base == nil || decided && !p.exists {
		return
	}
	if p.base = l.base.Bucket(bucket); !decided {
		p.exists = p.base != nil
	}
}

// inLayers returns the value of a key if a layer knows it; nil if a layer knows that the key was deleted.
func (p *place) inLayers(key []byte) (value []byte, known bool) {
	k := alias(key)
	var hash uint64 // 0: not worked out
	for _, c := range p.layers {
		if c.filter != nil && hash == 0 {
			hash = filterHash(k)
		}
		if c.filter == nil || c.filter.has(hash) {
			if e, ok := c.entries.Get(k); ok {
				return e.value(), true
			}
		}
		if c.covers(k) {
			return nil, true
		}
	}
	return nil, false
}

// Get implements View.
func (l *Layered) Get(bucket, key []byte) ([]byte, error) {
	p, err := l.find(bucket)
	if err != nil {
		return nil, err
	}
	if value, known := p.inLayers(key); known || p.base == nil {
		return value, nil
	}
	return p.base.Get(key), nil
}

// GetMany implements View.
func (l *Layered) GetMany(bucket []byte, keys, values [][]byte) error {
	p, err := l.find(bucket)
	if err != nil {
		return err
	}
	below, together := p.base.(ManyGetter)
	one := seeker{bucket: p.base}
	var left unknown
	for i, key := range keys {
		if i > 0 && bytes.Compare(keys[i-1], key) > 0 {
			return errOrder
		}
		value, known := p.inLayers(key)
		switch {
		case known && together:
			left.leave(keys, i)
		case known || p.base == nil: // and nothing is to be asked for below
		case together:
			left.add(key, i)
		default:
			value = one.get(key)
		}
		values[i] = value
	}
	if together {
		left.get(below, keys, values)
	}
	return nil
}

// unknown are the keys of a list that no layer knows.
type unknown struct {
	some bool // not all of the list
	keys [][]byte
	at   []int // in the list
}

// leave notes that a layer knows the key at i.
func (u *unknown) leave(keys [][]byte, i int) {
	if u.some {
		return
	}
	u.some = true
	u.keys, u.at = append(make([][]byte, 0, len(keys)), keys[:i]...), make([]int, i, len(keys))
	for n := range u.at {
		u.at[n] = n
	}
}

// add notes that no layer knows the key at i.
func (u *unknown) add(key []byte, i int) {
	if u.some {
		u.keys, u.at = append(u.keys, key), append(u.at, i)
	}
}

// get gets the values of the keys from below.
func (u *unknown) get(below ManyGetter, keys, values [][]byte) {
	if !u.some {
		below.GetMany(keys, values)
		return
	}
	found := make([][]byte, len(u.keys))
	below.GetMany(u.keys, found)
	for n, i := range u.at {
		values[i] = found[n]
	}
}

var errOrder = errors.New("the keys of GetMany do not ascend")

// seeker gets ascending keys of a base with one cursor, and without a seek where the one before has gone far enough.
type seeker struct {
	bucket     BaseBucket
	cursor     Cursor // nil before the first get
	key, value []byte // at the cursor; a nil key: there is none any more
}

func (s *seeker) get(key []byte) []byte {
	switch {
	case s.cursor == nil:
		s.cursor = s.bucket.Cursor()
		s.key, s.value = s.cursor.Seek(key)
	case s.key != nil && bytes.Compare(s.key, key) < 0:
		s.key, s.value = s.cursor.Seek(key)
	}
	if s.key == nil || !bytes.Equal(s.key, key) {
		return nil
	}
	return s.value
}

// Buckets implements View.
func (l *Layered) Buckets(from []byte, fn func(name []byte) bool) error {
	if l.base == (released{}) {
		return errReleased
	}
	w := walkNames(l, from)
	for name, exists := w.next(); name != nil; name, exists = w.next() {
		if exists && !fn(name) {
			return nil
		}
	}
	return nil
}
