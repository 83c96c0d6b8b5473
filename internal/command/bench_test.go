package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kuzzlite/kuzzlite"
	bolt "go.etcd.io/bbolt"
)

// small are the flags of a measurement that takes a second.
var small = []string{"--documents", "1000", "--size", "256", "--seconds", "1"}

// TestBench measures beside a store that must not be touched, and looks at the figures.
func TestBench(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "a.db")
	must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
	before := filesIn(t, dir)
	var r benchReport
	if err := json.Unmarshal([]byte(must(t, "", append([]string{"bench", "--db", db}, small...)...)), &r); err != nil {
		t.Fatal(err)
	}
	if after := filesIn(t, dir); len(after) != 1 || after["a.db"] != before["a.db"] {
		t.Errorf("the directory of the store had %d files, and has %d, or another store", len(before), len(after))
	}
	if r.Dir != dir || r.Documents != 1000 || r.Size != 256 || r.Rounds < 5 || r.Durability != "sync" {
		t.Errorf("what was measured is told as %+v", r)
	}
	if d := r.Disk; d.Sync != syncName || d.Bytes != 4096 || d.SyncsPerSecond <= 0 || d.P50 <= 0 {
		t.Errorf("the disk: %+v", d)
	}
	if len(r.Workloads) != len(workloads) {
		t.Fatalf("%d workloads are told, want %d", len(r.Workloads), len(workloads))
	}
	for i, w := range workloads {
		checkRow(t, &w, &r.Workloads[i], r.Rounds)
	}
}

// checkRow looks for figures that cannot be.
func checkRow(t *testing.T, w *workload, row *benchRow, rounds int) {
	t.Helper()
	if row.Verb != w.verb || row.Documents != w.documents || row.Callers != w.callers || row.Ratio <= 0 {
		t.Errorf("%s: %+v", w.name, row)
	}
	if (row.DocumentsPerSync > 0) != (w.verb == verbUpdate) {
		t.Errorf("%s: %v documents a sync", w.name, row.DocumentsPerSync)
	}
	for _, rate := range []benchRate{row.Kuzzlite, row.Bbolt} {
		switch {
		case rate.Calls < rounds*w.callers || rate.DocumentsPerSecond <= 0 || rate.P50 <= 0:
			t.Errorf("%s: %+v", w.name, rate)
		case rate.Calls < 100 != (rate.P99 == 0) || rate.P99 > 0 && rate.P99 < rate.P50:
			t.Errorf("%s: the p99 is %v of %d calls, and the p50 %v", w.name, rate.P99, rate.Calls, rate.P50)
		}
	}
}

// filesIn returns the content of the files in a directory, by name.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

// TestBenchOnTerminal: the text fits, and has a line and a bar for everything.
func TestBenchOnTerminal(t *testing.T) {
	got := onTerminal(t, 80, append([]string{"bench", "--dir", t.TempDir()}, small...)...)
	body := got[strings.Index(got, "\n"):] // the first line has the name of the directory
	if columns := widest(body); columns > 80 || columns < 70 {
		t.Errorf("the widest line has %d columns:\n%s", columns, got)
	}
	for _, w := range workloads {
		if strings.Count(got, "\n"+w.name+" ") != 2 {
			t.Errorf("%s is not in the table and in the chart:\n%s", w.name, got)
		}
	}
	for _, want := range []string{
		"1,000 documents of 256 bytes", "survive a power cut (Sync)", "Kuzzlite █", "bbolt    █", "disk     █",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") || json.Valid([]byte(got)) {
		t.Errorf("it is not plain text:\n%s", got)
	}
}

// TestBenchReport sums up turns that were written down here.
func TestBenchReport(t *testing.T) {
	m := newMeasurement("", newBenchData(1000, 256), time.Second)
	m.onDisk.rates = []float64{100, 1000, 300}
	for range workloads {
		ours, theirs := &measured{rates: []float64{200, 90, 100}}, &measured{rates: []float64{50, 60, 25}}
		for i := range 100 {
			ours.calls.add(time.Duration(i + 1))
		}
		m.on = append(m.on, []*measured{ours, theirs})
	}
	r := m.report("/d")
	row := r.Workloads[1] // calls of 20
	if r.Disk.SyncsPerSecond != 300 || row.Kuzzlite.DocumentsPerSecond != 2000 || row.Bbolt.DocumentsPerSecond != 1000 {
		t.Errorf("the medians are %+v, %+v", r.Disk, row)
	}
	if row.Ratio != 4 || row.DocumentsPerSync != 6.667 { // of 4, 1.5, 4 and of 20 times 2, 0.09, 1/3
		t.Errorf("the ratios are %v, %v", row.Ratio, row.DocumentsPerSync)
	}
	if row.LeastRatio != 1.5 || row.MostRatio != 4 || !strings.Contains(r.text(80), "~4.00") {
		t.Errorf("rounds that disagree are told as %+v:\n%s", row, r.text(80))
	}
	if row.MostRatio = 3; row.doubtful() {
		t.Error("ratios from 1.5 to 3 are told to disagree")
	}
	if row.Kuzzlite.P50 != 50 || row.Kuzzlite.P99 != 99 || row.Bbolt.P50 != 0 {
		t.Errorf("the latencies are %+v, %+v", row.Kuzzlite, row.Bbolt)
	}
	if text := r.text(80); !strings.Contains(text, "nothing that was measured is durable") { // syncs take no time here
		t.Errorf("nobody is warned that the disk is none:\n%s", text)
	}
	const warning = `"warning":"no disk confirms anything that fast: /d is in memory`
	if text := string(appendJSON(nil, r)); !strings.Contains(text, warning) {
		t.Errorf("who reads the JSON is not warned:\n%s", text)
	}
	m.onDisk.calls = latencies{}
	for range 100 {
		m.onDisk.calls.add(70 * time.Microsecond)
	}
	r = m.report("/d")
	if text := string(appendJSON(nil, r)); strings.Contains(text, "warning") {
		t.Errorf("a good disk is warned about:\n%s", text)
	}
	r.Disk.P99, r.Disk.SyncsPerSecond = 123*time.Millisecond, 123_456
	for i := range r.Workloads {
		row := &r.Workloads[i]
		row.Kuzzlite = benchRate{123_456_789, 1000, 123 * time.Millisecond, 1230 * time.Millisecond}
		row.Bbolt, row.Ratio = row.Kuzzlite, 123.4
	}
	text := r.text(80)
	if strings.Contains(text, "nothing that was measured is durable") {
		t.Errorf("a good disk is told to be none:\n%s", text)
	}
	if columns := widest(text); columns > 80 || !strings.Contains(text, "p99 123 ms\n") {
		t.Errorf("the widest line has %d columns:\n%s", columns, text)
	}
}

// TestBenchDocuments: documents have the size that was asked for, and each caller draws documents of its own.
func TestBenchDocuments(t *testing.T) {
	for _, size := range []int{leastBenchSize, 1024, mostBenchSize} {
		data := newBenchData(leastBenchDocuments, size)
		for _, number := range []int{0, 999, mostBenchDocuments - 1} {
			doc := data.document(number, 4_000_000_000)
			if len(doc) != size || !json.Valid(doc) {
				t.Errorf("document %d has %d bytes, want %d of JSON", number, len(doc), size)
			}
		}
	}
	data := newBenchData(leastBenchDocuments, 256)
	for _, callers := range []int{1, benchCallers} {
		var drawn []int
		for _, w := range data.walks(callers) {
			drawn = append(drawn, w.next(len(w.order))...)
			if w.at != 0 {
				t.Errorf("after %d documents it does not begin again", len(w.order))
			}
		}
		if slices.IsSorted(drawn) {
			t.Error("documents are not scattered")
		}
		slices.Sort(drawn)
		for i, number := range drawn {
			if i != number {
				t.Fatalf("%d callers do not draw each document once", callers)
			}
		}
	}
}

// smallMeasurement is one with few calls, in a directory of its own. It has a round for each order of the contenders.
func smallMeasurement(t *testing.T) *measurement {
	m := newMeasurement(t.TempDir(), newBenchData(leastBenchDocuments, leastBenchSize), 10*time.Millisecond)
	m.rounds = 2
	return m
}

// A sabotage changes a store, or what is known of it, behind the back of a measurement.
type sabotage struct {
	name, want string // a part of the error
	change     func(*measurement) error
}

func sabotages(ctx context.Context) []sabotage {
	id := newBenchData(1000, 256).id
	inKuzzlite := func(change func(*kuzzlite.Collection) error) func(*measurement) error {
		return func(m *measurement) error { return change(m.contenders[0].(*benchKuzzlite).documents) }
	}
	inBolt := func(change func(*bolt.Bucket) error) func(*measurement) error {
		return func(m *measurement) error {
			return m.contenders[1].(*benchBolt).db.Update(func(tx *bolt.Tx) error { return change(tx.Bucket(benchBucket)) })
		}
	}
	return []sabotage{
		{"a write too many", `document "order-00000007" has version`, inKuzzlite(func(c *kuzzlite.Collection) error {
			_, err := c.Upsert(ctx, id(7), map[string]any{"total": 1}, nil)
			return err
		})},
		{"a write too few", `document "order-00000007" has version`, func(m *measurement) error {
			m.contenders[0].(*benchKuzzlite).revisions[7]++
			return nil
		}},
		{"a document is lost", `document "order-00000008" is not the one`, inKuzzlite(func(c *kuzzlite.Collection) error {
			_, err := c.Delete(ctx, id(7))
			return err
		})},
		{"the last document is lost", "999 documents, and must have 1000", inKuzzlite(func(c *kuzzlite.Collection) error {
			_, err := c.Delete(ctx, id(999))
			return err
		})},
		{"a document too many", `document "order-00001000" is not the one`, inKuzzlite(func(c *kuzzlite.Collection) error {
			_, err := c.Create(ctx, id(1000), map[string]any{})
			return err
		})},
		{"other content", `verify Kuzzlite: wrong documents: document "order-00000000" is not what`,
			func(m *measurement) error { m.data.text[50] ^= 1; return nil }},
		{"bbolt: other content", `verify bbolt: wrong documents: document "order-00000007" is not what`,
			inBolt(func(b *bolt.Bucket) error { return b.Put([]byte(id(7)), bytes.ToUpper(b.Get([]byte(id(7))))) })},
		{"bbolt: a document is lost", `verify bbolt: wrong documents: document "order-00000008" is not the one`,
			inBolt(func(b *bolt.Bucket) error { return b.Delete([]byte(id(7))) })},
		{"bbolt: the last document is lost", "999 documents, and must have 1000",
			inBolt(func(b *bolt.Bucket) error { return b.Delete([]byte(id(999))) })},
	}
}

// TestBenchVerifies: a measurement notices each sabotage.
func TestBenchVerifies(t *testing.T) {
	for _, test := range sabotages(t.Context()) {
		t.Run(test.name, func(t *testing.T) {
			m := smallMeasurement(t)
			m.told = func(step string) {
				if step == "verify Kuzzlite" {
					if err := test.change(m); err != nil {
						t.Error(err)
					}
				}
			}
			err := m.run(t.Context())
			if !errors.Is(err, errBenchWrong) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it says %v, not %q", err, test.want)
			}
			var f *failure
			if !errors.As(benchError(err), &f) || f.code != exitStore || !strings.Contains(f.hint, "worth nothing") {
				t.Errorf("it is reported as %+v", f)
			}
		})
	}
}

// TestBenchAnswers: an answer that is wrong ends a measurement at once.
func TestBenchAnswers(t *testing.T) {
	for _, w := range workloads {
		m := smallMeasurement(t)
		m.told = func(step string) {
			if strings.HasSuffix(step, "Kuzzlite, "+w.name) {
				for number := range m.data.documents {
					m.contenders[0].(*benchKuzzlite).revisions[number]++
				}
			}
		}
		err := m.run(t.Context())
		if !errors.Is(err, errBenchWrong) || !strings.HasPrefix(err.Error(), "Kuzzlite, "+w.name+": ") {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}

// TestBenchInterrupted interrupts the command once its directory is there.
func TestBenchInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
				cancel()
			}
			runtime.Gosched()
		}
	}()
	var out, errs bytes.Buffer
	args := []string{"bench", "--dir", dir, "--documents", "1000", "--seconds", "600"}
	code := run(ctx, args, strings.NewReader(""), &out, &errs)
	want := "kuzzlite bench: interrupted; its files are removed: run the command again\n"
	if code != exitStore || errs.String() != want || out.Len() > 0 {
		t.Errorf("exit code %d, and it said\n%swant\n%s", code, errs.String(), want)
	}
	if left := filesIn(t, dir); len(left) > 0 {
		t.Errorf("%d files were left behind", len(left))
	}
}

// TestBenchEnds ends a measurement in each of its parts, by an interrupt and by an error: nothing stays.
func TestBenchEnds(t *testing.T) {
	for _, part := range []string{
		"fill Kuzzlite", "fill bbolt", "round 1 of 2, disk", "round 1 of 2, Kuzzlite, upsert 1",
		"round 1 of 2, bbolt, upsert 200", "round 2 of 2, Kuzzlite, 64 x upsert 1", "round 2 of 2, Kuzzlite, list 1,000",
		"verify Kuzzlite", "verify bbolt",
	} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		reached := false
		err := inTemporary(dir, func(temporary string) error {
			m := smallMeasurement(t)
			m.dir = temporary
			m.told = func(step string) {
				if step == part {
					reached = true
					cancel()
				}
			}
			return m.run(ctx)
		})
		if !reached || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: reached %v, and it ends with %v", part, reached, err)
		}
		if left := filesIn(t, dir); len(left) > 0 {
			t.Errorf("%s: %d files were left behind", part, len(left))
		}
		cancel()
	}
}

// TestBenchTurn: one call at least, however short the time; the error of any caller.
func TestBenchTurn(t *testing.T) {
	ok := func() benchCall { return func(context.Context) error { return nil } }
	broken := errors.New("broken")
	bad := func() benchCall { return func(context.Context) error { return broken } }
	settled := 0
	settle := func(context.Context) error { settled++; return nil }
	s, err := turn(t.Context(), []func() benchCall{ok, ok, ok}, -time.Second, settle)
	if err != nil || s.calls.n != 3 || s.rate <= 0 || settled != 1 {
		t.Errorf("three callers made %+v calls, settled %d times, %v", s, settled, err)
	}
	if _, err := turn(t.Context(), []func() benchCall{ok, bad}, time.Millisecond, settle); !errors.Is(err, broken) {
		t.Errorf("the error of a caller is %v", err)
	}
	fails := func(context.Context) error { return broken }
	if _, err := turn(t.Context(), []func() benchCall{ok}, 0, fails); !errors.Is(err, broken) {
		t.Errorf("the error of what runs behind is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	ends := func() benchCall { return func(context.Context) error { calls++; cancel(); return nil } }
	_, err = turn(ctx, []func() benchCall{ends}, time.Minute, settle)
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("after an interrupt in the first call it made %d, and returned %v", calls, err)
	}
}

// TestBenchTime: what counts is the time in calls and what is behind them, and with several callers all of the time.
func TestBenchTime(t *testing.T) {
	takes := func(d time.Duration) benchCall { return func(context.Context) error { time.Sleep(d); return nil } }
	settle := takes(10 * time.Millisecond)
	next := func() benchCall { // preparing takes twice as long as the call
		_ = takes(2 * time.Millisecond)(t.Context())
		return takes(time.Millisecond)
	}
	for _, test := range []struct {
		callers, calls int
		seconds        float64
	}{{1, 3, 0.003 + 0.010}, {2, 6, 0.009 + 0.010}} {
		synctest.Test(t, func(t *testing.T) { // whose clock stands while anything runs
			callers := slices.Repeat([]func() benchCall{next}, test.callers)
			s, err := turn(t.Context(), callers, 9*time.Millisecond, settle)
			if err != nil {
				t.Fatal(err)
			}
			if want := float64(test.calls) / test.seconds; s.calls.n != test.calls || math.Abs(s.rate-want) > 0.001 {
				t.Errorf("%d callers made %d calls, %v in a second; want %d, %v",
					test.callers, s.calls.n, s.rate, test.calls, want)
			}
		})
	}
}

// TestBenchRoom: a measurement needs no more room than it asks for, and is refused where that is not there.
func TestBenchRoom(t *testing.T) {
	if free, err := roomIn(t.TempDir()); err != nil || free <= 0 {
		t.Errorf("there is room for %d bytes, %v", free, err)
	}
	if _, err := roomIn(filepath.Join(t.TempDir(), "absent")); err == nil && runtime.GOOS == "linux" {
		t.Error("there is room in a directory that is not there")
	}
	err := enoughRoom("/d", 5<<20, 200<<20)
	if err == nil || err.Error() != "/d has room for 5.0 MiB, and measuring may need 200.0 MiB" {
		t.Errorf("a disk that is too small is refused by %v", err)
	}
	if err := enoughRoom("/d", 200<<20, 200<<20); err != nil {
		t.Error(err)
	}
	f, dir := newBenchFlags(), t.TempDir()
	f.dir, f.room = dir, func(string) (int64, error) { return 1 << 20, nil }
	err = (&app{out: newOutput(io.Discard), stderr: io.Discard}).runBench(t.Context(), f)
	if err == nil || !strings.HasPrefix(err.Error(), dir+" has room for 1.0 MiB, and ") || len(filesIn(t, dir)) > 0 {
		t.Errorf("a disk that is too small is refused by %v", err)
	}
	m := smallMeasurement(t)
	var used int64
	m.told = func(step string) {
		if step == "verify Kuzzlite" {
			for _, content := range filesIn(t, m.dir) {
				used += int64(len(content))
			}
		}
	}
	if err := m.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most := benchRoom(leastBenchDocuments, leastBenchSize); used == 0 || used > most {
		t.Errorf("it used %s, and asked for %s", size(used), size(most))
	}
}

// TestBenchUnwritable: a directory that cannot be written is told, with another way.
func TestBenchUnwritable(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Create(filepath.Join(dir, "f")); err == nil { // this user may write anywhere
		_ = f.Close()
		if dir = "/proc"; runtime.GOOS != "linux" {
			t.Skip("here is no directory that cannot be written")
		}
	}
	code, _, errs := command(t, "", "bench", "--dir", dir)
	want, hint := "kuzzlite bench: cannot write to "+dir+": ", "\n  --dir names another directory\n"
	if code != exitStore || !strings.HasPrefix(errs, want) || !strings.HasSuffix(errs, hint) {
		t.Errorf("exit code %d, and it said\n%s", code, errs)
	}
}
