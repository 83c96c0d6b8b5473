package crashfs

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// What is durable, and what may be. The rules are the least that POSIX promises and what Linux file systems do beyond
// it is left out, so that who survives here survives on ext4 and XFS whatever their options:
//
//   - fsync of a file makes its bytes and its size durable, and not its name: POSIX says nothing of names, and only
//     some file systems write that of a new file too.
//   - fdatasync does the same, but for a size that is not needed to read what was written: one that a truncate has
//     made larger. POSIX: "synchronized I/O data integrity completion".
//   - fsync of the directory makes durable all that was done to names. A rename is one step and never half done, as
//     journals have it.
//   - What was not synced may be on the disk all the same, in any part: a cache is written back when the system likes,
//     and a disk's own cache in the order that suits the disk. So each sector of each write may have arrived or not,
//     sizes may be as at any moment since the sync (with zeros where no data came: ext4 without data=ordered, XFS), and
//     of the operations on names any may have arrived and any not.
//   - After a sync that failed the disk has some part of what was not synced, and the system takes all of it for
//     written: a later sync of the same file adds nothing to that, whatever it says.
//   - A sector that was being written may be torn: the first part of it new and the rest old (flash that cannot finish
//     a page, memory on the bus), or garbage (disks whose heads write while the power falls). POSIX and the makers of
//     disks promise nothing here. A sector that was synced is never harmed as long as nothing is written to it but the
//     bytes that it has: a system writes whole pages of its memory, whatever part of them a program has changed.
//
// What is not modelled: disks that say they have what they have not.

// Sector is the unit in bytes that a disk writes whole, if it writes it in peace.
const Sector = 512

// Way is in which way an image treats what was not synced.
type Way uint8

// The ways.
const (
	Nothing Way = iota // of it has arrived
	All                // of it has
	Writes             // some of the writes have
	Sectors            // some of the sectors have
	Torn               // some of the sectors have, and one of them is torn
	Mixed              // each file is treated in a way of its own, whatever becomes of the names
)

// someWay draws a way: that files do not share the way is frequent, since a store keeps files in step.
func someWay(r *rand.Rand) Way { return min(Way(r.IntN(int(Mixed)+3)), Mixed) }

// ofFile draws the way of one file.
func (w Way) ofFile(r *rand.Rand) Way {
	if w == Mixed {
		return [...]Way{Nothing, All, Writes, Sectors, Torn, Nothing, All}[r.IntN(7)]
	}
	return w
}

func (w Way) String() string {
	return []string{
		"with nothing of what was not synced", "with all that was done", "with some of the writes",
		"with some of the sectors", "with a torn sector", "with each file in its own way",
	}[w]
}

// Cutter makes images of a recording. The position of the cut can only move on.
type Cutter struct {
	log     []Op
	at      int
	durable Disk
	pending map[int][]Op // of each file, since its last sync
	since   map[int]int  // position of the first of them
	names   []Op         // since the directory's last sync
}

// NewCutter returns one that stands before the first operation.
func NewCutter(r Recording) *Cutter {
	base := newDisk()
	if r.Base.Names != nil {
		base = r.Base.clone()
	}
	return &Cutter{log: r.Log, durable: base, pending: map[int][]Op{}, since: map[int]int{}}
}

// MoveTo moves the cut behind the first n operations.
func (c *Cutter) MoveTo(n int) {
	for ; c.at < n; c.at++ {
		c.step(c.log[c.at])
	}
}

func (c *Cutter) step(op Op) {
	switch op.Kind {
	case Create:
		c.durable.Files[op.File] = &File{} // to which no name leads yet
		c.names = append(c.names, op)
	case Link, Rename, Unlink:
		c.names = append(c.names, op)
	case SyncDir:
		for _, op := range c.names {
			c.durable.do(op)
		}
		c.names = nil
	case Write, Truncate:
		if len(c.pending[op.File]) == 0 {
			c.since[op.File] = c.at
		}
		c.pending[op.File] = append(c.pending[op.File], op)
	case Sync, DataSync:
		c.sync(op)
	case FailedSync:
		c.durable.do(op)
		delete(c.pending, op.File)
	}
}

func (c *Cutter) sync(op Op) {
	f := c.durable.Files[op.File]
	needed := f.Size
	sizes := []int64{f.Size} // that the file has had
	for _, p := range c.pending[op.File] {
		c.durable.do(p)
		sizes = append(sizes, f.Size)
		if p.Kind == Write {
			needed = max(needed, p.Offset+int64(len(p.Data)))
		} else {
			needed = min(needed, p.Offset)
		}
	}
	delete(c.pending, op.File)
	// The smallest of these sizes with what was written: a size that the file never had is in no inode.
	needed = slices.Min(slices.DeleteFunc(sizes, func(size int64) bool { return size < needed }))
	if op.Kind == DataSync && f.Size > needed {
		c.pending[op.File] = []Op{{Kind: Truncate, File: op.File, Offset: f.Size}}
		f.truncate(needed)
	}
}

// NamesPending says whether there is such an operation on names that may or may not be on the disk.
func (c *Cutter) NamesPending(is func(Op) bool) bool { return slices.ContainsFunc(c.names, is) }

// Unsynced says whether something was written to a file before a position, and is not synced yet.
func (c *Cutter) Unsynced(file, before int) bool {
	return len(c.pending[file]) > 0 && c.since[file] < before
}

// Pending says whether there is such an operation on a file that is not synced yet.
func (c *Cutter) Pending(file int, is func(Op) bool) bool {
	return slices.ContainsFunc(c.pending[file], is)
}

// Durable returns the content of a file that no power cut can take.
func (c *Cutter) Durable(file int) *File { return c.durable.Files[file] }

// Names returns the files by their names, as programs see them: durable or not.
func (c *Cutter) Names() map[string]int {
	d := Disk{c.durable.Files, maps.Clone(c.durable.Names)}
	for _, op := range c.names {
		d.do(op)
	}
	return d.Names
}

// Grown says whether there is a truncate that made a file larger and may or may not be on the disk.
func (c *Cutter) Grown() bool {
	for file, list := range c.pending {
		for _, op := range list {
			if op.Kind == Truncate && op.Offset > c.durable.Files[file].Size {
				return true
			}
		}
	}
	return false
}

// Image is what a power cut leaves.
type Image struct {
	Way   Way
	Files map[string]*File // by name
	Lost  int              // writes, or parts of writes, that were not synced and have not arrived
}

// Image makes an image: r decides which.
func (c *Cutter) Image(r *rand.Rand) Image {
	im := Image{Way: someWay(r), Files: map[string]*File{}}
	files := map[int]*File{} // a file may have two names
	names := c.someNames(r, im.Way)
	for _, name := range sortedKeys(names) {
		n := names[name]
		if files[n] == nil {
			files[n] = c.content(r, n, &im)
		}
		im.Files[name] = files[n]
	}
	return im
}

func sortedKeys(m map[string]int) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys) // so that the same random numbers make the same image
	return keys
}

// someNames decides which operations on names have arrived: all, none, the first few, or any.
func (c *Cutter) someNames(r *rand.Rand, w Way) map[string]int {
	d := Disk{c.durable.Files, maps.Clone(c.durable.Names)}
	first, any := 0, false
	switch {
	case w == All:
		first = len(c.names)
	case w == Nothing || len(c.names) == 0:
	case r.IntN(2) == 0:
		first = r.IntN(len(c.names) + 1)
	default:
		any = true
	}
	for i, op := range c.names {
		if i < first || any && r.IntN(2) == 0 {
			d.do(op)
		}
	}
	return d.Names
}

// content decides what has arrived of a file.
func (c *Cutter) content(r *rand.Rand, file int, im *Image) *File {
	pending := c.pending[file]
	way := im.Way.ofFile(r)
	if len(pending) == 0 || way == Nothing {
		im.Lost += len(pending)
		return c.durable.Files[file]
	}
	f := c.durable.Files[file].clone()
	sized := len(pending) // up to here the size has arrived
	if way != All {
		sized = r.IntN(len(pending) + 1)
	}
	torn := -1
	if way == Torn {
		torn = r.IntN(len(pending))
	}
	odds := 1 + r.IntN(15) // of 16, to arrive
	size := f.Size
	for i, op := range pending {
		switch {
		case op.Kind == Truncate && i < sized:
			f.truncate(op.Offset)
			size = op.Offset
		case op.Kind == Write:
			im.Lost += arrive(r, f, c.durable.Files[file], op, way, odds, i == torn)
			switch end := op.Offset + int64(len(op.Data)); {
			case i < sized:
				size = max(size, end)
			case i == sized: // the size grows page by page
				size = max(size, op.Offset+r.Int64N(end-op.Offset+1)&^4095)
			}
		}
	}
	f.truncate(size)
	return f
}

// arrive does a part of a write to f and returns how much of it is missing.
func arrive(r *rand.Rand, f, durable *File, op Op, w Way, odds int, torn bool) (lost int) {
	if w == All {
		f.write(op.Data, op.Offset)
		return 0
	}
	if w == Writes {
		if r.IntN(16) >= odds {
			return 1
		}
		f.write(op.Data, op.Offset)
		return 0
	}
	parts := sectors(op)
	tear := -1
	if torn {
		tear = r.IntN(len(parts))
	}
	for i, p := range parts {
		switch {
		case i == tear && !(durable.has(p) && f.has(p)):
			f.write(tornSector(r, p.Data), p.Offset)
		case r.IntN(16) < odds:
			f.write(p.Data, p.Offset)
		default:
			lost++
		}
	}
	return lost
}

// sectors divides a write.
func sectors(op Op) (parts []Op) {
	at, data := op.Offset, op.Data
	for len(data) > 0 {
		n := min(int64(len(data)), Sector-at%Sector)
		parts = append(parts, Op{Kind: Write, File: op.File, Offset: at, Data: data[:n]})
		at, data = at+n, data[n:]
	}
	return parts
}

// tornSector returns the first bytes of a sector, or garbage in its place.
func tornSector(r *rand.Rand, data []byte) []byte {
	if len(data) > 1 && r.IntN(2) == 0 {
		return data[:1+r.IntN(len(data)-1)]
	}
	garbage := make([]byte, len(data))
	for i := range garbage {
		garbage[i] = byte(r.Uint32())
	}
	return garbage
}

// WriteTo writes the image into a directory.
func (im Image) WriteTo(dir string) error {
	for name, f := range im.Files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			return err
		}
		if err := os.Truncate(path, f.Size); err != nil {
			return err
		}
	}
	return nil
}

// Disk returns the image as a disk.
func (im Image) Disk() Disk {
	d := newDisk()
	numbers := map[*File]int{}
	for name, f := range im.Files {
		n := numbers[f]
		if n == 0 {
			n = len(numbers) + 2
			numbers[f] = n
			d.Files[n] = f.clone()
		}
		d.Names[name] = n
	}
	return d
}
