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

func TestMayBeCondition(t *testing.T) {
	for key, want := range map[string]bool{
		"ifVersion": false, "ifAbsent": false, "ifVersoin": true, "if-version": true, "if_absent": true, "IfAbsent": true,
		"version": true, "Version": true, "_version": false, "changes": false, "i": false, "": false, "info": false, "versions": false,
	} {
		if got := mayBeCondition([]byte(key)); got != want {
			t.Errorf("%q: %v, want %v", key, got, want)
		}
	}
}
