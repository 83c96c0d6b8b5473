package boltfile

import (
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// recording notes where a file was read.
type recording struct {
	io.ReaderAt
	mu   sync.Mutex
	read map[int64]bool // offsets
	n    int
}

func (r *recording) ReadAt(b []byte, at int64) (int, error) {
	r.mu.Lock()
	r.read[at] = true
	r.n++
	r.mu.Unlock()
	return r.ReaderAt.ReadAt(b, at)
}

func record(f io.ReaderAt) *recording { return &recording{ReaderAt: f, read: map[int64]bool{}} }

func goOn() bool { return false }

// bucketRoot returns the root page of a bucket, 0 of one that is inlined.
func bucketRoot(t *testing.T, path, bucket string) (root uint64) {
	t.Helper()
	withBolt(t, path, bolt.Options{ReadOnly: true}, func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error {
			root = uint64(tx.Bucket([]byte(bucket)).Root())
			return nil
		})
	})
	return root
}

// Touch reads every page that looking up the keys reads, and few of them twice.
func TestTouch(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			path := build(t, bolt.Options{}, shape.fill...)
			f, h := readFile(t, path)
			defer f.Close()
			for bucket, content := range contentOf(t, path) {
				root := bucketRoot(t, path, bucket)
				if root == 0 {
					continue
				}
				var keys [][]byte
				way := map[int64]bool{}
				for i, key := range slices.Sorted(maps.Keys(content)) {
					if i%7 != 0 {
						continue
					}
					keys = append(keys, []byte(key))
					l := &lookup{h: h, fetch: h.fetch(f)}
					if _, err := l.find(root, []byte(key)); err != nil {
						t.Fatal(err)
					}
					way[h.offset(l.p.id)] = true
				}
				r := record(f)
				Touch(r, h, root, keys, goOn)
				for at := range way {
					if !r.read[at] {
						t.Fatalf("%.20q: the leaf page at %d was not read", bucket, at)
					}
				}
				if r.n > 3*len(r.read)+8 {
					t.Errorf("%.20q: %d reads at %d places", bucket, r.n, len(r.read))
				}
				r = record(f)
				Touch(r, h, root, keys, func() bool { return true })
				if r.n > 0 {
					t.Errorf("%.20q: %d reads after the end", bucket, r.n)
				}
			}
		})
	}
}

// Whatever a page holds, Touch ends.
func TestTouchDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, shape := range shapes {
		path := build(t, bolt.Options{}, shape.fill...)
		f, h := readFile(t, path)
		f.Close()
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for bucket, content := range contentOf(t, path) {
			root := bucketRoot(t, path, bucket)
			var keys [][]byte
			for key := range content {
				keys = append(keys, []byte(key))
			}
			slices.SortFunc(keys, slices.Compare)
			for range 10 {
				b := slices.Clone(sound)
				for range 1 + random.IntN(20) {
					b[random.IntN(len(b))] = byte(random.UintN(256))
				}
				Touch(bytesReader(b), h, root, keys[:min(len(keys), 50)], goOn)
			}
		}
	}
}

// bytesReader reads from memory, as a file would be read.
type bytesReader []byte

func (r bytesReader) ReadAt(b []byte, at int64) (int, error) {
	if at < 0 || at >= int64(len(r)) {
		return 0, io.EOF
	}
	n := copy(b, r[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
