package command

import (
	"strings"
	"testing"
)

func TestTopKeys(t *testing.T) {
	for object, want := range map[string]string{
		`{"a":1,"b" : {"c":2},"d":["e",{"f":3}]}`: "a b d",
		`{"a\"b":"c\":","d":"{"}`:                 `a\"b d`,
		`["a",{"b":1}]`:                           "",
		`{"a`:                                     "",
		`{"":1}`:                                  "",
		`{`:                                       "",
	} {
		var got []string
		for key := range topKeys([]byte(object)) {
			got = append(got, string(key))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %s", object, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for words, want := range map[string]int{
		"default default": 0, "defaults default": 1, "defualt default": 2, "change changes": 1, "range changes": 3, "a b": 1,
		"abc ": 3, " abc": 3,
	} {
		a, b, _ := strings.Cut(words, " ")
		if got := distance(a, b); got != want {
			t.Errorf("distance(%q, %q) = %d, want %d", a, b, got, want)
		}
	}
}
