package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite"
)

func TestTerminal(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, strings.Join([]string{
		`{"_id":"a","changes":{"x":1.10,"h":"<>"}}`,
		`{"_id":"a longer id","changes":{"text":"` + strings.Repeat("lorem ipsum ", 20) + `"}}`,
		`{"_id":"esc\u001b[2J","changes":{}}`,
	}, "\n"), "mupsert", "--db", db, "--create", "i", "c")
	times := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"get", "i", "c", "a"}, `{
  "_id": "a",
  "_source": {
    "x": 1.10,
    "h": "<>"
  },
  "_version": 1
}
`},
		{[]string{"list"}, "INDEX\ni\n"},
		{[]string{"list", "i"}, "INDEX   COLLECTION\ni       c\n"},
		{[]string{"list", "i", "c"}, `ID           VERSION  DOCUMENT
a            1        {"x":1.10,"h":"<>"}
a longer id  1        {"text":"lorem ipsum lorem ipsu…
` + "esc\uFFFD[2J      1        {}\n"},
		{[]string{"list", "i", "c", "--ids", "--limit", "1"}, "ID\na\n"},
		{[]string{"list", "i", "c", "--fields", "h,x", "--limit", "1"}, `ID      VERSION  h       x
a       1        "<>"    1.10
`},
		{[]string{"mget", "i", "c", "a"}, "ID      VERSION  DOCUMENT\na       1        {\"x\":1.10,\"h\":\"<>\"}\n"},
		{[]string{"changes", "--since", "2"}, `SEQUENCE  TIME                 CHANGE  INDEX  COLLECTION  ID           VERSION  PATHS
3         TIME  create  i      c           a            1        
4         TIME  create  i      c           a longer id  1        
` + "5         TIME  create  i      c           esc\uFFFD[2J     1        \n"},
	} {
		got := onTerminal(t, 56, append(test.args, "--db", db)...)
		got = times.ReplaceAllString(got, "TIME")
		if test.args[0] == "changes" {
			got = regexp.MustCompile(" +").ReplaceAllString(got, " ")
			test.want = regexp.MustCompile(" +").ReplaceAllString(test.want, " ")
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.args, diff)
		}
	}
	for _, args := range [][]string{{"stats"}, {"check"}, {"compact"}, {"version"}} {
		got := onTerminal(t, 56, append(args, "--db", db)...)
		if json.Valid([]byte(got)) || strings.Count(got, "\n") < 2 {
			t.Errorf("%q on a terminal prints\n%s", args, got)
		}
	}
}

// TestLongList crosses the number of rows that are aligned together.
func TestLongList(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	var in strings.Builder
	for i := range 3*blockRows + 7 {
		fmt.Fprintf(&in, "{\"_id\":\"d%04d\",\"changes\":{\"n\":%d}}\n", i, i)
	}
	must(t, in.String(), "mupsert", "--db", db, "--create", "--batch", "100", "i", "c")
	if n := strings.Count(onTerminal(t, 80, "list", "--db", db, "i", "c"), "\n"); n != 3*blockRows+7+1 {
		t.Errorf("%d lines on a terminal", n)
	}
	if n := strings.Count(must(t, "", "list", "--db", db, "i", "c"), "\n"); n != 3*blockRows+7 {
		t.Errorf("%d lines when piped", n)
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		in    string
		width int
		want  string
	}{
		{"", 20, ""},
		{"12345678901234567890", 20, "12345678901234567890"},
		{"123456789012345678901", 20, "1234567890123456789…"},
		{"123456789012345678901", -5, "1234567890123456789…"},
		{"ééééééééééééééééééééé", 20, "ééééééééééééééééééé…"},
	} {
		if got := cut(test.in, test.width); got != test.want {
			t.Errorf("cut(%q, %d) = %q, want %q", test.in, test.width, got, test.want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 3 << 30: "3.0 GiB",
	} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s, want %s", n, got, want)
		}
	}
}

// TestAnswerOverflow writes more errors than are held in memory.
func TestAnswerOverflow(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	var buf bytes.Buffer
	out := newOutput(&buf)
	a := newAnswer(out)
	const n = 200
	for i := range n {
		if err := a.failure(fmt.Appendf(nil, `{"n":%d,"text":"%s"}`, i, strings.Repeat("x", maxHeldErrors/50))); err != nil {
			t.Fatal(err)
		}
		if err := a.success(&kuzzlite.Success{ID: fmt.Sprint(i), Source: json.RawMessage(`{}`)}); err != nil {
			t.Fatal(err)
		}
		if a.errors.Len() > 2*maxHeldErrors {
			t.Fatalf("%d bytes of errors are held", a.errors.Len())
		}
	}
	if a.overflow == nil {
		t.Error("there was no overflow")
	}
	if err := a.end(); err != nil {
		t.Fatal(err)
	}
	_ = out.Flush()
	var got struct{ Successes, Errors []struct{ N int } }
	if err := json.Unmarshal(buf.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Successes) != n || len(got.Errors) != n || got.Errors[n-1].N != n-1 {
		t.Errorf("%d successes, %d errors", len(got.Successes), len(got.Errors))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); left != nil {
		t.Errorf("files left behind: %q", left)
	}
}
