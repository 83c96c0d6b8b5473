// Package crashfs is a file system for one directory that records what is done to it, and builds from that what a
// power cut at any moment may leave on the disk.
//
// An [FS] is mounted by FUSE, so that any program can be tortured unchanged. Its [Recording] is the log of operations;
// a [Cutter] makes images of it.
package crashfs

import (
	"bytes"
	"maps"
	"slices"
)

// Kind is what an operation does.
type Kind uint8

// The kinds of operations.
const (
	Create     Kind = iota + 1 // an empty file, with a name
	Link                       // one more name
	Rename                     // from Name to To
	Unlink                     // of Name
	Write                      // Data at Offset
	Truncate                   // to the size Offset, which may be larger
	Sync                       // fsync of a file
	DataSync                   // fdatasync of a file
	SyncDir                    // fsync of the directory
	FailedSync                 // of a file: it failed, and from then on the disk has Data, of the size Offset
	Mark                       // nothing; Name is what somebody wanted to have noted here
)

// Op is an operation. Those that are about a name hold the file it led to, so that each makes sense without the others.
type Op struct {
	Kind     Kind
	File     int
	Name, To string
	Offset   int64
	Data     []byte
}

// File is the content of a file.
type File struct {
	Data []byte // what was written; zeros follow up to Size
	Size int64
}

func (f *File) write(data []byte, at int64) {
	end := at + int64(len(data))
	if n := end - int64(len(f.Data)); n > 0 {
		f.Data = append(f.Data, make([]byte, n)...)
	}
	copy(f.Data[at:], data)
	f.Size = max(f.Size, end)
}

func (f *File) truncate(size int64) {
	if size < int64(len(f.Data)) {
		f.Data = f.Data[:size]
	}
	f.Size = size
}

// read returns what is at an offset, at most n bytes of it.
func (f *File) read(at int64, n int) []byte {
	if n = int(min(int64(n), f.Size-at)); n <= 0 {
		return nil
	}
	b := make([]byte, n)
	if at < int64(len(f.Data)) {
		copy(b, f.Data[at:])
	}
	return b
}

// has says whether a write would change nothing.
func (f *File) has(op Op) bool { return bytes.Equal(f.read(op.Offset, len(op.Data)), op.Data) }

func (f *File) clone() *File { return &File{slices.Clone(f.Data), f.Size} }

// Disk is files and the names that lead to them.
type Disk struct {
	Files map[int]*File
	Names map[string]int
}

func newDisk() Disk { return Disk{map[int]*File{}, map[string]int{}} }

func (d Disk) clone() Disk {
	c := Disk{make(map[int]*File, len(d.Files)), maps.Clone(d.Names)}
	for n, f := range d.Files {
		c.Files[n] = f.clone()
	}
	return c
}

// do does an operation on a file, or on a name. A name that was changed meanwhile stays.
func (d Disk) do(op Op) {
	switch op.Kind {
	case Create:
		if d.Files[op.File] == nil {
			d.Files[op.File] = &File{}
		}
		d.Names[op.Name] = op.File
	case Link:
		d.Names[op.Name] = op.File
	case Rename:
		d.remove(op)
		d.Names[op.To] = op.File
	case Unlink:
		d.remove(op)
	case Write:
		d.Files[op.File].write(op.Data, op.Offset)
	case Truncate:
		d.Files[op.File].truncate(op.Offset)
	case FailedSync:
		d.Files[op.File] = &File{slices.Clone(op.Data), op.Offset}
	}
}

func (d Disk) remove(op Op) {
	if d.Names[op.Name] == op.File {
		delete(d.Names, op.Name)
	}
}

// Recording is what was done to a disk.
type Recording struct {
	Base Disk // before; all of it is durable
	Log  []Op
}
