package script

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

const seed = 7

// TestMain lets the test's binary be its own children.
func TestMain(m *testing.M) {
	harness.Main(m.Run, Harness)
}

// wholeRun runs a script without strace and returns where, and what it told.
func wholeRun(t *testing.T) (task, string) {
	s := task{seed, t.TempDir()}
	cmd, err := harness.Child("script", s)
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return s, string(out)
}

// What a script left does not agree with it if it told something else.
func TestHeardNotices(t *testing.T) {
	original, out := wholeRun(t)
	backupOver := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			data, err := os.ReadFile(filepath.Join(dir, backupName))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	replaced := func(pattern, with string) string { return regexp.MustCompile(pattern).ReplaceAllString(out, with) }
	for _, tt := range []struct {
		name, want, out string
		tamper          func(t *testing.T, dir string)
	}{
		{name: "nothing", out: out},
		{name: "a failure", want: "false failure: the feed has step 2", out: replaced(`ack 2 .*`, "err 2 full disk is full")},
		{name: "a failure of drop", want: "false failure: the feed has step 14",
			out: replaced(`ack 14 .*`, "err 14 other no")},
		{name: "an unknown outcome", out: replaced(`ack 2 .*`, "err 2 unknown it is")},
		{name: "killed before", want: "step 10, mUpsert, had not begun", out: out[:strings.Index(out, "begin 10 ")]},
		{name: "another sequence", want: "step 1, mUpsert, returned", out: replaced(`ack 1 (\d+) .*`, "ack 1 $1 7")},
		{name: "no backup", want: "lost", out: out, tamper: func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, backupName)); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "another backup", want: "sequence", out: replaced(`backup 8 .*`, "backup 8 1")},
		{name: "the store of before", want: "lost: step 9", out: out, tamper: backupOver(oracle.StoreName)},
		{name: "the restored store of before", want: "lost: step 22", out: out, tamper: backupOver(restoredName)},
		{name: "a damaged store", want: "invalid database", out: out, tamper: func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, oracle.StoreName), []byte("no"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := task{seed, t.TempDir()}
			if err := os.CopyFS(s.Dir, os.DirFS(original.Dir)); err != nil {
				t.Fatal(err)
			}
			if tt.tamper != nil {
				tt.tamper(t, s.Dir)
			}
			h, err := hear(tt.out)
			if err == nil {
				err = h.verify(t.Context(), s)
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// What a script tells must fit what was done to it.
func TestJudge(t *testing.T) {
	at := func(name string, step int, f fault) point {
		const args = "7</d/" + oracle.StoreName + "-log0>, \"x\"..., 4096, 8192)"
		return point{systemCall{name: name, step: step, args: args}, f}
	}
	of := func(args string, p point) point { p.args = args; return p }
	meta := func(p point) point { p.meta = true; return p }
	late := func(p point) point { p.late = true; return p }
	const header, store, dir = "7</d/store.db-log0>, \"x\"..., 8192, 0)", "5</d/store.db>, \"x\"..., 4096, 8192)", "5</d>)"
	const begun = "begin 1 mUpsert\n"
	const eio, full = "input/output error\n", "no space left on device\n"
	for _, tt := range []struct {
		point     point
		out, want string
	}{
		{at("pwrite64", 1, killed), begun, ""},
		{at("pwrite64", 1, killed), begun + "end\n", "not killed"},
		{at("pwrite64", 1, failed), begun, "its end"},
		{at("fdatasync", 1, failed), begun + "ack 1 2 3\nend\n", "false acknowledgement"},
		{at("pwrite64", 1, failed), begun + "ack 1 2 3\nend\n", "false acknowledgement"},
		{of(header, at("pwrite64", 1, failed)), begun + "ack 1 2 3\nend\n", ""},
		{of(store, at("pwrite64", 1, failed)), begun + "ack 1 2 3\nend\n", "false acknowledgement"},
		{of(dir, at("fsync", 1, failed)), begun + "ack 1 2 3\nend\n", ""},
		{of(dir, at("fsync", 11, failed)), "begin 11 compact\nack 11 2 3\nend\n", ""}, // of its checkpoint
		{late(of(dir, at("fsync", 11, failed))), "begin 11 compact\nack 11 2 3\nend\n", "false acknowledgement"},
		{at("unlinkat", 1, failed), begun + "ack 1 2 3\nend\n", ""},
		{at("fdatasync", 1, failed), begun + "err 1 unknown " + eio + "end\n", ""},
		{of(store, at("fdatasync", 1, failed)), begun + "err 1 unknown " + eio + "end\n", "nothing of the call"},
		{of(store, at("fdatasync", 1, failed)), begun + "err 1 failed " + eio + "end\n", ""},
		{at("pwrite64", 1, failed), begun + "err 1 failed " + eio + "end\n", "could go on"},
		{at("fdatasync", 1, failed), begun + "err 1 unknown oh\nend\n", "does not say"},
		{at("fdatasync", 1, failed), begun + "err 1 other " + eio + "end\n", "nobody knows"},
		{at("openat", 1, failed), begun + "err 1 other nothing was written: " + eio + "end\n", ""},
		{at("fdatasync", 1, failed), begun + "err 1 full " + eio + "end\n", "not full"},
		{at("fdatasync", 2, failed), begun + "err 1 unknown " + eio + "end\n", "step 1 says so"},
		{of(store, at("pwrite64", 1, nospace)), begun + "err 1 full " + full + "end\n", ""},
		{of(store, at("pwrite64", 1, nospace)), begun + "err 1 failed " + full + "end\n", "before anything was written"},
		{of(store, at("fdatasync", 1, nospace)), begun + "ack 1 2 3\nend\n", ""},
		{meta(of(store, at("fdatasync", 1, nospace))), begun + "ack 1 2 3\nend\n", "tried again"},
		{at("fdatasync", 1, nospace), begun + "err 1 unknown " + full + "end\n", ""},
		{of(store, at("pwrite64", 22, failed)), "begin 22 mUpsert\nerr 22 unknown " + eio + "end\n", ""}, // without a log
		{at("fdatasync", 1, failed), begun + "err 1 unknown " + eio + "begin 2 mUpsert\nerr 2 unknown " + eio + "end\n",
			"2 steps"},
	} {
		h, err := hear(tt.out)
		if err == nil {
			err = h.judge(tt.point)
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %q: %v, want %q", tt.point, tt.out, err, tt.want)
		}
	}
}

func TestParseTrace(t *testing.T) {
	const trace = `openat(AT_FDCWD</d>, "/sys/x", O_RDONLY) = 3</sys/x>
write(1<pipe:[7]>, "begin 0 open\n", 13) = 13
openat(AT_FDCWD</d>, "/d/.kuzzlite-1.tmp", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600) = 5</d/.kuzzlite-1.tmp>
pwrite64(5</d/.kuzzlite-1.tmp>, "\0\0"..., 4096, 0) = 4096
mmap(NULL, 65536, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7
mmap(NULL, 65536, PROT_READ, MAP_SHARED, 5</d/store.db>, 0) = 0x7
write(1<pipe:[7]>, "ack 0 0 0\n", 10) = 10
write(1<pipe:[7]>, "begin 1 mUpsert\n", 16) = 16
pwrite64(5</d/store.db>, "\0\0"..., 4096, 0) = -1 EIO (Input/output error) (INJECTED)
openat(AT_FDCWD</d>, "/d/restored.db", O_RDWR|O_CREAT, 0600) = 6</d/restored.db>
write(6</d/restored.db>, "x", 1) = 1
+++ killed by SIGKILL +++
`
	var got []systemCall
	for _, c := range parseTrace(trace, "/d") {
		if c.args = ""; c.ours {
			got = append(got, c)
		}
	}
	want := []systemCall{
		{name: "write", n: 1, step: 0, nth: 1, ours: true}, {name: "openat", n: 2, step: 0, nth: 1, ours: true},
		{name: "pwrite64", n: 1, step: 0, nth: 1, ours: true}, {name: "mmap", n: 2, step: 0, nth: 1, ours: true},
		{name: "write", n: 2, step: 0, nth: 2, ours: true}, {name: "write", n: 3, step: 1, nth: 1, ours: true},
		{name: "pwrite64", n: 2, step: 1, nth: 1, ours: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// The first points of a sample are of all kinds.
func TestSample(t *testing.T) {
	var points []point
	for n := range 100 {
		points = append(points, point{systemCall{name: "pwrite64", n: n, step: 1}, failed})
	}
	points = append(points, point{systemCall{name: "fsync", step: 1}, failed},
		point{systemCall{name: "pwrite64", step: 11}, failed}, point{systemCall{name: "pwrite64", step: 1}, killed})
	for _, p := range mixed(rand.New(rand.NewPCG(seed, 0)), points)[:4] {
		points = slices.DeleteFunc(points, func(q point) bool { return p == q })
	}
	if len(points) != 99 {
		t.Errorf("of three rare points %d are not among the first four", len(points)-99)
	}
}
