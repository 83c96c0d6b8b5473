package command

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

func TestCutScheme(t *testing.T) {
	for name, want := range map[string][2]string{
		"a.db": {"", "a.db"}, "file:a.db": {"file", "a.db"}, "FILE:/a:b.db": {"file", "/a:b.db"}, "file:": {"file", ""},
		`C:\a.db`: {"", `C:\a.db`}, "./x:a.db": {"", "./x:a.db"}, "dir/x:a.db": {"", "dir/x:a.db"}, ":a": {"", ":a"},
		"9p:a": {"", "9p:a"}, "my shop:a": {"", "my shop:a"}, "a+b-1.x:y": {"a+b-1.x", "y"}, "": {"", ""},
	} {
		if scheme, place := cutScheme(name); scheme != want[0] || place != want[1] {
			t.Errorf("cutScheme(%q) = %q, %q, want %q", name, scheme, place, want)
		}
	}
}

// TestOtherScheme runs verbs as a build does that has a scheme of its own.
func TestOtherScheme(t *testing.T) {
	var opened []string
	scheme := Scheme{"mem", func(place string, o *kuzzlite.Options) (*kuzzlite.Store, error) {
		if opened = append(opened, place); place == "gone" {
			return nil, errors.New("it is gone")
		}
		return kuzzlite.OpenMemory(&kuzzlite.Options{Metadata: o.Metadata})
	}}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"create", "--db", "mem:here", "--create", "i", "c", "a", "--body", "{}"}, exitOK, `"result":"created"`},
		{[]string{"list", "--db", "mem:gone"}, exitStore, "it is gone"},
		{[]string{"list", "--db", "mem:"}, exitUsage, "nothing comes after the scheme"},
		{[]string{"export", "--db", "mem:here", "--skip-damaged", "i", "c"}, exitUsage, "is for a store in a file"},
		{[]string{"salvage", "--db", "mem:here"}, exitUsage, "is for a store in a file"},
		{[]string{"restore", "--db", "mem:here", "backup"}, exitUsage, "is for a store in a file"},
		{[]string{"list", "--db", "men:here"}, exitUsage, `unknown scheme "men" in "men:here": this build has file, unix, http, https, mem`},
	} {
		var out bytes.Buffer
		a := &app{schemes: []Scheme{scheme}, stdin: strings.NewReader(""), out: newOutput(&out), stderr: &out}
		if code := a.run(t.Context(), test.args); code != test.code || !strings.Contains(out.String(), test.says) {
			t.Errorf("%q: exit code %d\n%s", test.args, code, out.String())
		}
	}
	if got := strings.Join(opened, " "); got != "here gone" {
		t.Errorf("it opened %s", got)
	}
}
