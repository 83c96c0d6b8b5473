package main

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// systemUsage fills in what Linux tells of this process.
func systemUsage(u *resources) {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) == nil {
		u.cpu = float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
	}
	u.written = procNumber("/proc/self/io", "write_bytes:")
	u.own, u.rss = memory("self")
	u.space = procNumber("/proc/self/status", "VmSize:") << 10
}

// ownMemory tells how much memory this process has to itself, and allocates nothing.
type ownMemory struct {
	statm *os.File
	buf   [128]byte
}

func newOwnMemory() *ownMemory {
	f, _ := os.Open("/proc/self/statm")
	return &ownMemory{statm: f}
}

// bytes is resident memory less that of files: the second and the third number, in pages.
func (m *ownMemory) bytes() int64 {
	n, _ := m.statm.ReadAt(m.buf[:], 0)
	var fields [3]int64
	field := 0
	for _, c := range m.buf[:n] {
		if c == ' ' {
			if field++; field == len(fields) {
				break
			}
			continue
		}
		fields[field] = 10*fields[field] + int64(c-'0')
	}
	return (fields[1] - fields[2]) * int64(os.Getpagesize())
}

func (m *ownMemory) close() { m.statm.Close() }

// memory returns what a process uses: bytes that are no file's, now, and the peak of all.
func memory(pid string) (own, peak int64) {
	status := "/proc/" + pid + "/status"
	return procNumber(status, "RssAnon:") << 10, procNumber(status, "VmHWM:") << 10
}

func procNumber(file, key string) int64 {
	n, _ := strconv.ParseInt(procField(file, key), 10, 64)
	return n
}

// procField returns the first word after a key in a file of /proc.
func procField(file, key string) string {
	b, _ := os.ReadFile(file)
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			if f := strings.Fields(strings.TrimLeft(rest, " \t:")); len(f) > 0 {
				if key == "model name" {
					return strings.Join(f, " ")
				}
				return f[0]
			}
		}
	}
	return ""
}

// systemFacts describes the machine and the file system of dir.
func systemFacts(dir string) []fact {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return []fact{
		{"processor", procField("/proc/cpuinfo", "model name")},
		{"memory", strconv.FormatInt((procNumber("/proc/meminfo", "MemTotal:")+1<<19)>>20, 10) + " GiB"},
		{"kernel", "Linux " + strings.TrimSpace(string(release))},
		{"file system", fileSystem(dir)},
	}
}

// fileSystem returns type and options of the mount that holds dir.
func fileSystem(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "unknown"
	}
	f, err := os.Open("/proc/mounts")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	best, found := "", "unknown"
	for lines := bufio.NewScanner(f); lines.Scan(); {
		m := strings.Fields(lines.Text())
		if len(m) < 4 || len(m[1]) < len(best) {
			continue
		}
		if rel, err := filepath.Rel(m[1], dir); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
			best, found = m[1], m[2]+" ("+m[3]+")"
		}
	}
	return found
}

// pause stops a process while it is another's turn, and resume lets it go on: what it still has to do in the
// background is then done in its own time.
func pause(p *os.Process) error  { return p.Signal(syscall.SIGSTOP) }
func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }

// forgetPeak has the peak of memory count from now on.
func forgetPeak() { os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// allocated is what a file takes on the disk: some are long and mostly holes.
func allocated(info fs.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return info.Size()
}

// forgetCached has the system read a file from the disk the next time. It must be synced.
func forgetCached(f *os.File) error { return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }

func dataSync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
