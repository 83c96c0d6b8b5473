package command

import (
	"slices"
	"testing"
)

// TestFieldLists takes lists apart that were put together, and refuses what is none.
func TestFieldLists(t *testing.T) {
	for text, fields := range map[string][]string{
		"a":             {"a"},
		"-a,b.c":        {"-a", "b.c"},
		`"a,b",c`:       {"a,b", "c"},
		`"a""b","-c,d"`: {`a"b`, "-c,d"},
		"é,#x, y":       {"é", "#x", " y"},
		"a,,b":          {"a", "", "b"},
	} {
		got, err := splitList(text)
		if err != nil || !slices.Equal(got, fields) {
			t.Errorf("%s: %q, %v", text, got, err)
		}
		again, err := splitList(joinList(fields))
		if err != nil || !slices.Equal(again, fields) {
			t.Errorf("%q is joined to %s, which is %q, %v", fields, joinList(fields), again, err)
		}
	}
	for _, text := range []string{"", `"a`, `a"b`, "a\nb", "a\r\nb", "\"a\nb\""} {
		if got, err := splitList(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}
