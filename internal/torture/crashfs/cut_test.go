package crashfs

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Images of logs that were made by hand. What may be seen is listed in full: each of it must occur, and nothing else.

const file = 2

func page(b byte) []byte { return bytes.Repeat([]byte{b}, 2*Sector) }

// runs writes bytes as what they are made of: "a512 b512".
func runs(b []byte) string {
	var s []string
	for len(b) > 0 {
		n := 1
		for n < len(b) && b[n] == b[0] {
			n++
		}
		s = append(s, fmt.Sprintf("%c%d", max(b[0], '0'), n))
		b = b[n:]
	}
	return strings.Join(s, " ")
}

// seen are the images at the end of a log, each as "name: content", of some ways.
func seen(log []Op, ways ...Way) map[string]bool {
	c := NewCutter(Recording{Log: log})
	c.MoveTo(len(log))
	all := map[string]bool{}
	for n := range 4000 {
		im := c.Image(rand.New(rand.NewPCG(1, uint64(n))))
		if len(ways) > 0 && !slices.Contains(ways, im.Way) {
			continue
		}
		var lines []string
		for name, f := range im.Files {
			lines = append(lines, fmt.Sprintf("%s: %s", name, runs(f.read(0, int(f.Size)))))
		}
		slices.Sort(lines)
		all[strings.Join(lines, "; ")] = true
	}
	return all
}

func TestImages(t *testing.T) {
	whole := []Op{
		{Kind: Create, File: file, Name: "f"}, {Kind: Write, File: file, Data: page('a')}, {Kind: Sync, File: file},
		{Kind: SyncDir},
	}
	for _, tt := range []struct {
		name string
		log  []Op
		ways []Way
		want []string
	}{
		{"all is durable", whole, nil, []string{"f: a1024"}},
		{"nothing is", whole[:2], []Way{Nothing}, []string{""}},
		{"the name alone", []Op{whole[0], {Kind: SyncDir}, whole[1]}, []Way{Nothing, Sectors}, []string{
			"f: ", "f: 01024", "f: a1024", "f: a512 0512", "f: 0512 a512", // zeros: size without data
		}},
		{"fsync of the file leaves its name open", whole[:3], nil, []string{"", "f: a1024"}},
		{"some sectors", append(slices.Clone(whole), Op{Kind: Write, File: file, Data: page('b')}), []Way{Sectors},
			[]string{"f: a1024", "f: b1024", "f: a512 b512", "f: b512 a512"}},
		{"some writes", append(slices.Clone(whole), Op{Kind: Write, File: file, Data: page('b')},
			Op{Kind: Write, File: file, Data: page('c')[:Sector]}), []Way{Writes},
			[]string{"f: a1024", "f: b1024", "f: c512 a512", "f: c512 b512"}},
		{"a sync in between", append(slices.Clone(whole), Op{Kind: Write, File: file, Data: page('b')},
			Op{Kind: DataSync, File: file}, Op{Kind: Write, File: file, Data: page('c')}), []Way{Writes},
			[]string{"f: b1024", "f: c1024"}},
		{"fdatasync after a truncate that made it larger", append(slices.Clone(whole),
			Op{Kind: Truncate, File: file, Offset: 2000}, Op{Kind: DataSync, File: file}), nil,
			[]string{"f: a1024", "f: a1024 0976"}},
		{"fsync after the same", append(slices.Clone(whole),
			Op{Kind: Truncate, File: file, Offset: 2000}, Op{Kind: Sync, File: file}), nil, []string{"f: a1024 0976"}},
		{"a sync that fails, and another one", append(slices.Clone(whole), Op{Kind: Write, File: file, Data: page('b')},
			Op{Kind: FailedSync, File: file, Data: page('a'), Offset: 1024}, Op{Kind: Sync, File: file},
			Op{Kind: Write, File: file, Data: page('c')[:Sector]}), []Way{Writes}, []string{"f: a1024", "f: c512 a512"}},
		{"a rename", append(slices.Clone(whole), Op{Kind: Rename, File: file, Name: "f", To: "g"}), nil,
			[]string{"f: a1024", "g: a1024"}},
		{"names arrive in any order", append(slices.Clone(whole), Op{Kind: Link, File: file, Name: "g"},
			Op{Kind: Unlink, File: file, Name: "f"}), nil, []string{"", "f: a1024", "f: a1024; g: a1024", "g: a1024"}},
		{"a rename over another file", append(slices.Clone(whole), Op{Kind: Create, File: 3, Name: "g"},
			Op{Kind: Write, File: 3, Data: []byte("n")}, Op{Kind: Sync, File: 3}, Op{Kind: SyncDir},
			Op{Kind: Rename, File: 3, Name: "g", To: "f"}), nil, []string{"f: a1024; g: n1", "f: n1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := seen(tt.log, tt.ways...)
			for _, w := range tt.want {
				if !all[w] {
					t.Errorf("never seen: %q", w)
				}
				delete(all, w)
			}
			if len(all) > 0 {
				t.Errorf("must not be: %q", slices.Collect(maps.Keys(all)))
			}
		})
	}
}

// What was written to several files arrives of each whatever becomes of the others, and of their names.
func TestFilesAreIndependent(t *testing.T) {
	var log []Op
	for n, name := range []string{"f", "g", "h"} {
		log = append(log, Op{Kind: Create, File: file + n, Name: name}, Op{Kind: Write, File: file + n, Data: page('a')},
			Op{Kind: Sync, File: file + n})
	}
	log = append(log, Op{Kind: SyncDir})
	for n := range 3 {
		log = append(log, Op{Kind: Write, File: file + n, Data: page('b')})
	}
	log = append(log, Op{Kind: Unlink, File: file + 2, Name: "h"}, Op{Kind: Create, File: file + 3, Name: "h"})
	all := seen(log, Mixed)
	for _, f := range []string{"a", "b"} {
		for _, g := range []string{"a", "b"} {
			for _, h := range []string{"; h: a1024", "; h: b1024", "; h: ", ""} {
				if want := fmt.Sprintf("f: %s1024; g: %s1024%s", f, g, h); !all[want] {
					t.Errorf("never seen: %q", want)
				}
			}
		}
	}
}

// A torn sector has its first bytes new or is garbage; what was not written is as it was.
func TestTornSectors(t *testing.T) {
	log := []Op{
		{Kind: Create, File: file, Name: "f"}, {Kind: Write, File: file, Data: bytes.Repeat(page('a'), 2)},
		{Kind: Sync, File: file}, {Kind: SyncDir}, {Kind: Write, File: file, Offset: Sector, Data: page('b')[:Sector]},
	}
	c := NewCutter(Recording{Log: log})
	c.MoveTo(len(log))
	partly, garbage := 0, 0
	for n := range 1000 {
		im := c.Image(rand.New(rand.NewPCG(2, uint64(n))))
		data := im.Files["f"].Data
		before, torn, after := data[:Sector], data[Sector:2*Sector], data[2*Sector:]
		if len(bytes.Trim(before, "a"))+len(bytes.Trim(after, "a")) > 0 || len(after) != 2*Sector {
			t.Fatal("a sector that was not written has changed")
		}
		news := len(torn) - len(bytes.TrimLeft(torn, "b"))
		switch rest := bytes.TrimLeft(torn[news:], "a"); {
		case len(rest) > 0:
			garbage++
		case news > 0 && news < Sector:
			partly++
		}
		if im.Way != Torn && garbage+partly > 0 && n == 0 {
			t.Fatal("torn though nothing was to be")
		}
	}
	if partly == 0 || garbage == 0 {
		t.Errorf("%d sectors were written in part, %d were garbage", partly, garbage)
	}
}

// A sector that is written again with the bytes that it has is never harmed.
func TestSameBytesAreSafe(t *testing.T) {
	log := []Op{
		{Kind: Create, File: file, Name: "f"}, {Kind: Write, File: file, Data: bytes.Repeat(page('a'), 2)},
		{Kind: Sync, File: file}, {Kind: SyncDir},
		{Kind: Write, File: file, Data: append(page('a')[:Sector:Sector], page('b')...)},
	}
	c := NewCutter(Recording{Log: log})
	c.MoveTo(len(log))
	torn := 0
	for n := range 1000 {
		data := c.Image(rand.New(rand.NewPCG(2, uint64(n)))).Files["f"].Data
		if len(bytes.Trim(data[:Sector], "a")) > 0 {
			t.Fatal("a sector that was written again has changed")
		}
		if len(bytes.Trim(data[Sector:], "ab")) > 0 {
			torn++
		}
	}
	if torn == 0 {
		t.Error("what was changed is never garbage")
	}
}

// The same random numbers make the same image, whatever was made before.
func TestImagesRepeat(t *testing.T) {
	log := []Op{{Kind: Create, File: 2, Name: "f"}, {Kind: Create, File: 3, Name: "g"}, {Kind: SyncDir}}
	for n := range 20 {
		log = append(log, Op{Kind: Write, File: 2 + n%2, Offset: int64(n * 100), Data: page(byte('a' + n))})
	}
	once := NewCutter(Recording{Log: log})
	for at := range len(log) + 1 {
		once.MoveTo(at)
		again := NewCutter(Recording{Log: log})
		again.MoveTo(at)
		a, b := once.Image(rand.New(rand.NewPCG(3, 3))), again.Image(rand.New(rand.NewPCG(3, 3)))
		if len(a.Files) != len(b.Files) {
			t.Fatalf("after %d: %d files and %d", at, len(a.Files), len(b.Files))
		}
		for name, f := range a.Files {
			if !bytes.Equal(f.Data, b.Files[name].Data) || f.Size != b.Files[name].Size {
				t.Fatalf("after %d: %s differs", at, name)
			}
		}
	}
}

// An image on a real disk, and as the base of another recording, is the image.
func TestImageIsWritten(t *testing.T) {
	im := Image{Files: map[string]*File{"f": {Data: []byte("abc"), Size: 5}}}
	dir := t.TempDir()
	if err := im.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	const want = "abc\x00\x00"
	if b, err := os.ReadFile(filepath.Join(dir, "f")); err != nil || string(b) != want {
		t.Errorf("%q, %v", b, err)
	}
	c := NewCutter(Recording{Base: im.Disk()})
	if f := c.Image(rand.New(rand.NewPCG(4, 4))).Files["f"]; f == nil || string(f.read(0, 9)) != want {
		t.Errorf("as a base it is %v", f)
	}
}
