package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/timshannon/bolthold"
	bolt "go.etcd.io/bbolt"
)

// BoltHold stores Go structs, so the documents are one here, and the changes are decoded over what it holds, which is a
// partial update in Go's own way. Its default encoding, gob, cannot be used: it has no null in an array, and
// describes the type anew in each record. The encoder that its options take instead writes JSON, as who receives
// and sends JSON would, and encodes a document once for both the store and the answer.

var boltholdContender = contender{
	name: "bolthold",
	settings: "a struct, a JSON encoder, a Storer without reflection; TxGet, decode the changes over it, TxUpdate; " +
		"bbolt tuned; one Update a call, keys sorted",
	open: openBolthold,
}

type boltholdStore struct{ *bolthold.Store }

func openBolthold(dir string) (store, error) {
	s, err := bolthold.Open(filepath.Join(dir, "bolt.db"), 0o600, &bolthold.Options{
		Encoder: encodeHeld,
		Decoder: decodeHeld,
		Options: tunedBolt(),
	})
	return &boltholdStore{s}, err
}

// held is what BoltHold holds.
type held struct {
	version uint64
	order   orderDocument
	doc     []byte // order in JSON, after it was encoded or decoded
}

// Type and the other methods of bolthold.Storer spare it the reflection.
func (*held) Type() string                                 { return "Order" }
func (*held) Indexes() map[string]bolthold.Index           { return nil }
func (*held) SliceIndexes() map[string]bolthold.SliceIndex { return nil }

// encodeHeld encodes keys and values.
func encodeHeld(value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return []byte(v), nil
	case *held:
		doc, err := json.Marshal(&v.order)
		if err != nil {
			return nil, err
		}
		data := make([]byte, versionLength, versionLength+len(doc))
		binary.BigEndian.PutUint64(data, v.version)
		data = append(data, doc...)
		v.doc = data[versionLength:]
		return data, nil
	}
	return nil, fmt.Errorf("encode %T", value)
}

func decodeHeld(data []byte, value any) error {
	h, ok := value.(*held)
	if !ok {
		return fmt.Errorf("decode %T", value)
	}
	if len(data) < versionLength {
		return errMissing
	}
	h.version, h.doc = binary.BigEndian.Uint64(data), data[versionLength:]
	return json.Unmarshal(h.doc, &h.order)
}

func (s *boltholdStore) upsert(items []item, report reporter) error {
	positions := byKey(items)
	return s.Bolt().Update(func(tx *bolt.Tx) error {
		for _, pos := range positions {
			h, err := s.upsertOne(tx, items[pos])
			if err != nil {
				return err
			}
			report(pos, h.version, h.doc)
		}
		return nil
	})
}

func (s *boltholdStore) upsertOne(tx *bolt.Tx, it item) (*held, error) {
	var h held
	write := s.TxUpdate
	err := s.TxGet(tx, it.id, &h)
	if errors.Is(err, bolthold.ErrNotFound) {
		write, err = s.TxInsert, nil
	}
	if err != nil {
		return nil, err
	}
	h.version++
	if err := json.Unmarshal(it.changes, &h.order); err != nil {
		return nil, err
	}
	return &h, write(tx, it.id, &h)
}

func (s *boltholdStore) get(id string) (doc []byte, version uint64, err error) {
	var h held
	err = s.Bolt().View(func(tx *bolt.Tx) error {
		if err := s.TxGet(tx, id, &h); err != nil {
			return err
		}
		doc = append(doc, h.doc...)
		return nil
	})
	return doc, h.version, err
}

func (s *boltholdStore) mutate(id string, _ []byte, fn mutation) error {
	return s.Bolt().Update(func(tx *bolt.Tx) error {
		var h held
		if err := s.TxGet(tx, id, &h); err != nil {
			return err
		}
		changes, err := fn(h.doc)
		if err != nil {
			return err
		}
		h.version++
		if err := json.Unmarshal(changes, &h.order); err != nil {
			return err
		}
		return s.TxUpdate(tx, id, &h)
	})
}

// scan decodes each document, as BoltHold's ForEach does, which does not say the keys.
func (s *boltholdStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	return s.Bolt().View(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte((*held)(nil).Type())).ForEach(func(key, value []byte) error {
			var h held
			if err := decodeHeld(value, &h); err != nil {
				return err
			}
			return fn(key, h.version, bytes.Clone(h.doc))
		})
	})
}

func (s *boltholdStore) remove(ids []string) error {
	slices.Sort(ids)
	return s.Bolt().Update(func(tx *bolt.Tx) error {
		for _, id := range ids {
			if err := s.TxDelete(tx, id, &held{}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *boltholdStore) settle() error {
	dir := filepath.Dir(s.Bolt().Path())
	db, err := compactBolt(s.Bolt())
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	again, err := openBolthold(dir)
	if err == nil {
		s.Store = again.(*boltholdStore).Store
	}
	return err
}

func (s *boltholdStore) close() error { return s.Close() }
