package crashfs

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// The file system as programs see it: what the operations so far have made of it, durable or not. What a program writes
// arrives here before its call returns, since the kernel is not asked to hold writes back, and it may map files, since
// the kernel may cache what it reads.

// MarkName is the name of a file that is not on the disk: what is written to it becomes a Mark.
const MarkName = ".mark"

// markFile is its inode.
const markFile = 1 << 40

// FS is a mounted file system. It must not be used by the process that has mounted it, except through its methods: a
// fault on a mapped page would wait for this process, which waits for the fault.
type FS struct {
	dir    string
	server *fuse.Server
	born   time.Time

	mu   sync.Mutex // guards the fields below
	now  Disk
	next int
	base Disk
	log  []Op
	hook func(Op)

	fails  func(Op) bool // decides which sync of a file fails; nil: none
	random *rand.Rand    // decides what a failed sync leaves
}

// Ready says what keeps file systems from being mounted here.
func Ready() error {
	dir, err := os.MkdirTemp("", "crashfs-")
	if err != nil {
		return err
	}
	defer os.Remove(dir)
	f, err := Mount(dir, Disk{})
	if err != nil {
		return err
	}
	_, err = f.Unmount()
	return err
}

// Mount mounts a disk at dir, which it must be possible to do without fusermount.
func Mount(dir string, base Disk) (*FS, error) {
	f := &FS{dir: dir, born: time.Now(), base: base.clone(), now: base.clone(), next: 2}
	if f.now.Names == nil {
		f.now.Names = map[string]int{}
	}
	for n := range f.now.Files {
		f.next = max(f.next, n+1)
	}
	o := &fs.Options{MountOptions: fuse.MountOptions{
		DirectMountStrict: true, FsName: "crashfs", Name: "crashfs", MaxWrite: 1 << 20, DisableXAttrs: true,
	}}
	var err error
	f.server, err = fs.Mount(dir, &root{fs: f}, o)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Unmount unmounts it, also while it is in use, and returns what was done to it.
func (f *FS) Unmount() (Recording, error) {
	err := syscall.Unmount(f.dir, 0)
	if err != nil {
		err = syscall.Unmount(f.dir, syscall.MNT_DETACH)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return Recording{f.base, f.log}, err
}

// Mark adds a mark to the log.
func (f *FS) Mark(text string) { f.do(Op{Kind: Mark, Name: text}) }

// do does an operation and notes it.
func (f *FS) do(op Op) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doLocked(op)
}

func (f *FS) doLocked(op Op) {
	f.now.do(op)
	f.log = append(f.log, op)
	if f.hook != nil {
		f.hook(op)
	}
}

// OnOp has fn called with each operation from now on, before whoever asked for it hears that it is done.
func (f *FS) OnOp(fn func(Op)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = fn
}

// FailSyncs has those syncs of files fail with EIO, from now on, that fails chooses. What the disk has of the file
// then is drawn from r.
func (f *FS) FailSyncs(r *rand.Rand, fails func(Op) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.random, f.fails = r, fails
}

// syncFails does a sync that fails, if it is to. Programs go on to see what they have written as long as the system
// remembers that, and then what the disk has.
func (f *FS) syncFails(op Op) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails == nil || !f.fails(op) {
		return false
	}
	c := NewCutter(Recording{f.base, f.log})
	c.MoveTo(len(f.log))
	im := Image{Way: someWay(f.random)}
	left := c.content(f.random, op.File, &im)
	f.doLocked(Op{Kind: FailedSync, File: op.File, Data: left.Data, Offset: left.Size})
	return true
}

// File returns the file that a name leads to, 0 if there is none.
func (f *FS) File(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now.Names[name]
}

// Names returns the files by their names.
func (f *FS) Names() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.now.Names)
}

func (f *FS) attr(file int, a *fuse.Attr) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.Ino, a.Mode, a.Nlink, a.Blksize = uint64(file), syscall.S_IFREG|0o600, 1, 4096
	if content := f.now.Files[file]; content != nil {
		a.Size = uint64(content.Size)
		a.Blocks = uint64(len(content.Data)+511) / 512
	}
	a.SetTimes(&f.born, &f.born, &f.born)
}

// root is the directory.
type root struct {
	fs.Inode
	fs *FS
}

// node is a file.
type node struct {
	fs.Inode
	fs   *FS
	file int
}

var (
	_ fs.NodeLookuper  = (*root)(nil)
	_ fs.NodeReaddirer = (*root)(nil)
	_ fs.NodeCreater   = (*root)(nil)
	_ fs.NodeLinker    = (*root)(nil)
	_ fs.NodeRenamer   = (*root)(nil)
	_ fs.NodeUnlinker  = (*root)(nil)
	_ fs.NodeFsyncer   = (*root)(nil)
	_ fs.NodeGetattrer = (*node)(nil)
	_ fs.NodeSetattrer = (*node)(nil)
	_ fs.NodeOpener    = (*node)(nil)
	_ fs.NodeReader    = (*node)(nil)
	_ fs.NodeWriter    = (*node)(nil)
	_ fs.NodeFsyncer   = (*node)(nil)
	_ fs.NodeFlusher   = (*node)(nil)
)

// inode returns the node of a file; there is one, however many names it has.
func (r *root) inode(ctx context.Context, file int, out *fuse.EntryOut) *fs.Inode {
	r.fs.attr(file, &out.Attr)
	return r.NewInode(ctx, &node{fs: r.fs, file: file}, fs.StableAttr{Mode: syscall.S_IFREG, Ino: uint64(file)})
}

func (r *root) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if name == MarkName {
		return r.inode(ctx, markFile, out), 0
	}
	file := r.fs.File(name)
	if file == 0 {
		return nil, syscall.ENOENT
	}
	return r.inode(ctx, file, out), 0
}

func (r *root) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	r.fs.mu.Lock()
	defer r.fs.mu.Unlock()
	var list []fuse.DirEntry
	for name, file := range r.fs.now.Names {
		list = append(list, fuse.DirEntry{Name: name, Ino: uint64(file), Mode: syscall.S_IFREG})
	}
	return fs.NewListDirStream(list), 0
}

func (r *root) Create(ctx context.Context, name string, _, _ uint32, out *fuse.EntryOut) (
	*fs.Inode, fs.FileHandle, uint32, syscall.Errno,
) {
	r.fs.mu.Lock()
	if r.fs.now.Names[name] != 0 || name == MarkName {
		r.fs.mu.Unlock()
		return nil, nil, 0, syscall.EEXIST
	}
	file := r.fs.next
	r.fs.next++
	r.fs.doLocked(Op{Kind: Create, File: file, Name: name})
	r.fs.mu.Unlock()
	return r.inode(ctx, file, out), nil, 0, 0
}

func (r *root) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (
	*fs.Inode, syscall.Errno,
) {
	n, ok := target.(*node)
	if !ok || n.file == markFile {
		return nil, syscall.EPERM
	}
	r.fs.mu.Lock()
	if r.fs.now.Names[name] != 0 {
		r.fs.mu.Unlock()
		return nil, syscall.EEXIST
	}
	r.fs.doLocked(Op{Kind: Link, File: n.file, Name: name})
	r.fs.mu.Unlock()
	return r.inode(ctx, n.file, out), 0
}

func (r *root) Rename(_ context.Context, name string, _ fs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	r.fs.mu.Lock()
	defer r.fs.mu.Unlock()
	file := r.fs.now.Names[name]
	switch {
	case flags != 0:
		return syscall.EINVAL
	case file == 0:
		return syscall.ENOENT
	case r.fs.now.Names[to] == file: // POSIX: then it does nothing
		return 0
	}
	r.fs.doLocked(Op{Kind: Rename, File: file, Name: name, To: to})
	return 0
}

func (r *root) Unlink(_ context.Context, name string) syscall.Errno {
	r.fs.mu.Lock()
	defer r.fs.mu.Unlock()
	file := r.fs.now.Names[name]
	if file == 0 {
		return syscall.ENOENT
	}
	r.fs.doLocked(Op{Kind: Unlink, File: file, Name: name})
	return 0
}

func (r *root) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	r.fs.do(Op{Kind: SyncDir})
	return 0
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.fs.attr(n.file, &out.Attr)
	return 0
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok && n.file != markFile {
		n.fs.do(Op{Kind: Truncate, File: n.file, Offset: int64(size)})
	}
	n.fs.attr(n.file, &out.Attr) // permissions, owners and times are all the same here
	return 0
}

func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if n.file == markFile {
		return nil, fuse.FOPEN_DIRECT_IO, 0
	}
	if flags&syscall.O_TRUNC != 0 {
		n.fs.do(Op{Kind: Truncate, File: n.file})
	}
	return nil, 0, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n.fs.mu.Lock()
	defer n.fs.mu.Unlock()
	if n.file == markFile {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(n.fs.now.Files[n.file].read(off, len(dest))), 0
}

func (n *node) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	if n.file == markFile {
		n.fs.Mark(string(data))
	} else {
		n.fs.do(Op{Kind: Write, File: n.file, Offset: off, Data: append([]byte(nil), data...)})
	}
	return uint32(len(data)), 0
}

func (n *node) Fsync(_ context.Context, _ fs.FileHandle, flags uint32) syscall.Errno {
	const onlyData = 1 // FUSE_FSYNC_FDATASYNC
	kind := Sync
	if flags&onlyData != 0 {
		kind = DataSync
	}
	op := Op{Kind: kind, File: n.file}
	if n.fs.syncFails(op) {
		return syscall.EIO
	}
	n.fs.do(op)
	return 0
}

// Flush is what close asks for; it makes nothing durable.
func (n *node) Flush(context.Context, fs.FileHandle) syscall.Errno { return 0 }
