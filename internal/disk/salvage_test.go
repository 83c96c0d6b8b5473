package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// salvagedFrom is what Salvage finds in the files of an image, in the words of a model without its empty buckets. What
// the file has and the log has, too, must come from the log again.
func salvagedFrom(t testing.TB, files image) (model, SalvageReport) {
	t.Helper()
	path := files.write(t)
	m := model{}
	inLog := map[string]string{}
	r, err := Salvage(ctx, path, SalvageOptions{Format: testFormat}, func(k *Salvaged) error {
		if strings.HasPrefix(k.Bucket, "#") || k.Bucket == "" {
			t.Errorf("bucket %q, key %q", k.Bucket, k.Key)
		}
		where := k.Bucket + "/" + string(k.Key)
		if k.InLog != nil {
			inLog[where] = string(k.InLog)
			return nil
		}
		if m[k.Bucket] == nil {
			m[k.Bucket] = map[string]string{}
		}
		if _, twice := m[k.Bucket][string(k.Key)]; twice {
			t.Errorf("%s comes twice", where)
		}
		m[k.Bucket][string(k.Key)] = string(k.Value)
		if v, ok := inLog[where]; ok && k.FromLog && v == string(k.Value) {
			delete(inLog, where)
		}
		return nil
	})
	ok(t, err)
	if len(inLog) > 0 {
		t.Errorf("did not come from the log: %v", inLog)
	}
	files.unchanged(t, path)
	return m, r
}

// full is a model without its empty buckets.
func (m model) full() model {
	full := model{}
	for name, keys := range m {
		if len(keys) > 0 {
			full[name] = keys
		}
	}
	return full
}

// Several generations of the log lie over the file, in their order whatever their files are called, also while the file
// has a part of them.
func TestSalvageModel(t *testing.T) {
	tune(t, Tuning{SliceBytes: 200})
	rng := rand.New(rand.NewPCG(1, 2))
	path, m := newPath(t), newModel()
	e := open(t, path, func(o *Options) { o.Packing = nil }) // blocks come as they are stored
	halves, swapped := 0, 0
	compare := func(files image) {
		t.Helper()
		found, r := salvagedFrom(t, files)
		equal(t, "salvaged", found.String(), m.full().String())
		if !r.LogComplete || r.LogRecords == 0 || !r.Identified {
			t.Errorf("%+v", r)
		}
	}
	for round := range 40 {
		m.write(t, e, func(b *edit) { b.random(rng, 60, fmt.Sprint(round)) })
		compare(imageOf(t, copyAsKilled(t, e)))
		if round%4 < 3 {
			continue
		}
		slice := stallAt(t, &betweenSlices)
		ok(t, e.freezeNow())
		slice.wait(t)
		m.write(t, e, func(b *edit) { b.random(rng, 20, "during "+fmt.Sprint(round)) })
		files := imageOf(t, path)
		compare(files)
		halves++
		if len(files) == 3 {
			files["-log0"], files["-log1"] = files["-log1"], files["-log0"]
			compare(files)
			swapped++
		}
		slice.end()
		ok(t, e.checkpointNow())
	}
	if halves < 5 || swapped < 5 {
		t.Errorf("%d files with a part of a generation, %d pairs of segments under each other's name", halves, swapped)
	}
}

// A segment that is missing is noticed where something speaks of it.
func TestSalvageMissingSegment(t *testing.T) {
	path := newPath(t)
	e := open(t, path)
	put(t, e, "a", "1")
	ok(t, e.checkpointNow())
	put(t, e, "b", "2")
	slice := stallAt(t, &beforeCommit)
	ok(t, e.freezeNow())
	slice.wait(t)
	put(t, e, "c", "3")
	files := imageOf(t, path)
	slice.end()
	if len(files) != 3 {
		t.Fatalf("%d files", len(files))
	}
	found, r := salvagedFrom(t, files)
	equal(t, "all files", found.String(), model{"b": {"a": "1", "b": "2", "c": "3"}}.String())
	if !r.LogComplete || r.LogRecords != 2 {
		t.Errorf("all files: %+v", r)
	}
	results := map[string]bool{}
	for suffix, log := range files {
		if suffix == "" {
			continue
		}
		delete(files, suffix)
		found, r := salvagedFrom(t, files)
		results[fmt.Sprint(found.String(), r.LogComplete, r.LogRecords)] = true
		files[suffix] = log
	}
	// Nothing speaks of a segment behind the last one.
	if !results["[b] a=1 b=2\ntrue 1"] || !results["[b] a=1 c=3\nfalse 1"] {
		t.Errorf("%v", results)
	}
}

// A file of another format is none of ours.
func TestSalvageOtherFormat(t *testing.T) {
	path := newPath(t)
	ok(t, open(t, path, func(o *Options) { o.Format = testFormat + 1 }).Close())
	_, err := Salvage(ctx, path, SalvageOptions{Format: testFormat}, func(*Salvaged) error { return nil })
	if !errors.Is(err, ErrNotStore) {
		t.Error(err)
	}
}
