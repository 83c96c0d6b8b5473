package boltfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// shapes are the kinds of files that bbolt makes, each as a series of transactions.
var shapes = []struct {
	name string
	fill []func(*bolt.Tx) error
}{
	{"empty", nil},
	{"one key", []func(*bolt.Tx) error{put("b", 1, 10)}},
	{"empty bucket", []func(*bolt.Tx) error{put("b", 0, 0)}},
	{"thousands", []func(*bolt.Tx) error{put("b", 5000, 20)}},
	{"overflow", []func(*bolt.Tx) error{put("small", 50, 5), put("big", 5, 300_000), put("b", 3, 70_000)}},
	{"exact page", []func(*bolt.Tx) error{put("b", 1, 4096-16-16-12), put("c", 1, 3*4096-16-16-12)}},
	{"long keys", []func(*bolt.Tx) error{longKeys(40), put("b", 10, 10)}},
	{"inline", []func(*bolt.Tx) error{inline(300)}},
	{"nested", []func(*bolt.Tx) error{nested(6, 200)}},
	{"deleted", []func(*bolt.Tx) error{put("b", 3000, 100), put("c", 500, 900), del("b", 2500), del("c", 500), put("d", 20, 3000)}},
	{"all deleted", []func(*bolt.Tx) error{put("b", 3000, 100), del("b", 3000)}},
	{"bucket deleted", []func(*bolt.Tx) error{put("b", 3000, 100), nested(3, 40), func(tx *bolt.Tx) error {
		return tx.DeleteBucket([]byte("b"))
	}}},
}

func put(bucket string, n, size int) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucket))
		for i := 0; i < n && err == nil; i++ {
			err = b.Put(fmt.Appendf(nil, "key-%08d", i), bytes.Repeat([]byte{byte(i)}, size))
		}
		return err
	}
}

func del(bucket string, n int) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) (err error) {
		b := tx.Bucket([]byte(bucket))
		for i := 0; i < n && err == nil; i++ {
			err = b.Delete(fmt.Appendf(nil, "key-%08d", i))
		}
		return err
	}
}

func longKeys(n int) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bytes.Repeat([]byte("long"), 25_000))
		for i := 0; i < n && err == nil; i++ {
			key := append(bytes.Repeat([]byte{'k'}, 30_000), byte(i))
			err = b.Put(key, []byte("v"))
		}
		return err
	}
}

func inline(n int) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		for i := range n {
			b, err := tx.CreateBucketIfNotExists(fmt.Appendf(nil, "inline-%05d", i))
			for j := 0; j < i%4 && err == nil; j++ {
				err = b.Put([]byte{byte(j)}, bytes.Repeat([]byte{1}, i%13))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func nested(depth, keys int) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("nested"))
		for d := 0; d < depth && err == nil; d++ {
			for i := 0; i < keys && err == nil; i++ {
				err = b.Put(fmt.Appendf(nil, "k%05d", i), []byte("value"))
			}
			if err == nil {
				_, err = b.CreateBucketIfNotExists([]byte("k00100-small"))
			}
			if err == nil {
				b, err = b.CreateBucketIfNotExists([]byte("sub"))
			}
		}
		return err
	}
}

// build makes a file and returns its path.
func build(t testing.TB, opts bolt.Options, fill ...func(*bolt.Tx) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store")
	opts.NoSync = true // the tests do not survive a power cut anyway
	withBolt(t, path, opts, func(db *bolt.DB) error {
		for _, f := range fill {
			if err := db.Update(f); err != nil {
				return err
			}
		}
		return nil
	})
	return path
}

// withBolt has bbolt open a file while fn runs.
func withBolt(t rapid.TB, path string, opts bolt.Options, fn func(*bolt.DB) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fn(db), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// readFile opens a file, which the caller closes, and reads its header.
func readFile(t rapid.TB, path string) (*os.File, Header) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	h, err := ReadHeader(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return f, h
}

// smallFile returns a copy of a file of 1 KiB pages that has everything a file can have, for tests that damage it.
func smallFile(t testing.TB, synced bool) []byte {
	t.Helper()
	smallMu.Lock()
	defer smallMu.Unlock()
	if smallFiles[synced] == nil {
		path := build(t, bolt.Options{PageSize: 1024, NoFreelistSync: !synced, NoGrowSync: true},
			put("a", 60, 30), nested(3, 30), inline(12), put("big", 2, 3000), put("gone", 80, 50), del("gone", 70), del("a", 20))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		smallFiles[synced] = b
	}
	return bytes.Clone(smallFiles[synced])
}

// smallMu guards smallFiles.
var smallMu sync.Mutex
var smallFiles = map[bool][]byte{}

func readerHeader(t testing.TB, b []byte) Header {
	t.Helper()
	h, err := ReadHeader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// walkBytes reads the header and walks, and returns the error of the former, or a report.
func walkBytes(b []byte) (Report, error) {
	r := bytes.NewReader(b)
	h, err := ReadHeader(r, int64(len(b)))
	if err != nil {
		return Report{}, err
	}
	return Walk(context.Background(), r, h, nil)
}

// seal makes the checksums of both meta pages right again.
func seal(b []byte, pageSize int) {
	for at := pageHeaderSize; at <= pageHeaderSize+pageSize && at+metaSize <= len(b); at += pageSize {
		sum := fnv.New64a()
		sum.Write(b[at : at+metaSize-8])
		binary.NativeEndian.PutUint64(b[at+metaSize-8:], sum.Sum64())
	}
}

func seeded(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
