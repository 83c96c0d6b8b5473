package rot

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// TestMain lets the test's binary be its own children.
func TestMain(m *testing.M) {
	harness.Main(m.Run, Harness)
}

// A child whose parent is gone ends, though it has flips to make for years, and nobody reads what it tells.
func TestChildEndsWithParent(t *testing.T) {
	cmd, err := harness.Child("rot", flipTask{Seed: 1, Dir: t.TempDir(), Count: math.MaxInt})
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Error(err)
	}
}

// The live bytes are inside the file, lie apart from each other, and have all kinds among them.
func TestLiveFields(t *testing.T) {
	for _, shape := range shapes {
		sp, err := shape.make(t.Context(), 5, filepath.Join(t.TempDir(), oracle.StoreName))
		if err != nil {
			t.Fatal(shape.name, err)
		}
		if sp.logs != nil {
			if n := len(sp.fields); n < 5 || sp.fields[0].name != headField || sp.fields[n-1].name != lastRecordField {
				t.Errorf("%s: %v", shape.name, sp.fields)
			}
			continue
		}
		live := make([]bool, len(sp.bytes))
		for _, f := range sp.fields {
			for i := f.at; i < f.at+f.n; i++ {
				if live[i] {
					t.Fatalf("%s: byte %d is in two fields, the second is %v", shape.name, i, f)
				}
				live[i] = true
			}
		}
		byKind := kinds(sp.fields)
		for _, kind := range []string{metaField, "page header", "document", "value of format", "leaf element"} {
			if byKind[kind] == nil {
				t.Errorf("%s has no %s", shape.name, kind)
			}
		}
	}
}

func TestAnswersCompare(t *testing.T) {
	want := answers{"a": {text: "1"}, "b": {text: "2"}}
	damage := answerOf("", kuzzlite.ErrCorrupt)
	for _, tt := range []struct {
		name    string
		got     answers
		corrupt bool
		wrong   bool
	}{
		{"the same", answers{"a": {text: "1"}, "b": {text: "2"}}, false, false},
		{"damage", answers{"a": {text: "1"}, "b": damage}, true, false},
		{"another answer", answers{"a": {text: "1"}, "b": {text: "3"}}, false, true},
		{"not found", answers{"a": {text: "1"}, "b": answerOf("", kuzzlite.ErrNotFound)}, false, true},
		{"no answer", answers{"a": {text: "1"}}, false, true},
	} {
		if corrupt, wrong := tt.got.compare(want); corrupt != tt.corrupt || (wrong != "") != tt.wrong {
			t.Errorf("%s: %v %q", tt.name, corrupt, wrong)
		}
	}
}
