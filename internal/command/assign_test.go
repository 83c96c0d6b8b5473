package command

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAssignedObject(t *testing.T) {
	for args, want := range map[string]string{
		"a=1":                        `{"a":"1"}`,
		"a:=1.10":                    `{"a":1.10}`,
		"a:= [1, 2] ":                `{"a":[1, 2]}`,
		"a=":                         `{"a":""}`,
		"a=b=c:=d":                   `{"a":"b=c:=d"}`,
		"a.b.c=x|a.d:=null|e=<&>":    `{"a":{"b":{"c":"x"},"d":null},"e":"<&>"}`,
		`a\.b=x|c\=d=y|e\:=z|f\\.g=`: `{"a.b":"x","c=d":"y","e:":"z","f\\":{"g":""}}`,
		`a.\2026=x|1x=y`:             `{"a":{"2026":"x"},"1x":"y"}`,
		`a\[0]=x`:                    `{"a[0]":"x"}`,
		"é.ü=ö":                      `{"é":{"ü":"ö"}}`,
		`a\\:=1|b\\\:=2`:             `{"a\\":1,"b\\:":"2"}`,
		"a:={\"x\":1}|b=2":           `{"a":{"x":1},"b":"2"}`,
	} {
		got, err := assignedObject(strings.Split(args, "|"))
		if err != nil || string(got) != want || !json.Valid(got) {
			t.Errorf("%s: %s, %v, want %s", args, got, err, want)
		}
	}
	for args, want := range map[string]string{
		"a":             `"a" is no change: it must be PATH=VALUE or PATH:=JSON`,
		`a\=b`:          `"a\\=b" is no change`,
		"=x":            `path "" has an empty key`,
		":=1":           `path "" has an empty key`,
		"a..b=x":        `path "a..b" has an empty key`,
		"a.=x":          `path "a." has an empty key`,
		"a:=x":          "a:= invalid JSON at byte 1",
		`a:=1,"b":2`:    "a:= invalid JSON at byte 2",
		"a:=":           "a:= invalid JSON",
		"a[0]=x":        `path "a[0]": there is no way into an array`,
		"a.0=x":         `path "a.0": 0 would be a position in an array`,
		"-1=x":          `path "-1": -1 would be a position`,
		"a=\xff":        "a= the value is not valid UTF-8",
		"\xff=a":        "is not valid UTF-8",
		"a=1|a:=2":      "a= and a:= exclude each other",
		"a=1|b=2|a.b=3": "a= and a.b= exclude each other",
		"a.b.c=1|a.b=3": "a.b.c= and a.b= exclude each other",
		"a:={}|a.b=3":   "a:= and a.b= exclude each other",
	} {
		got, err := assignedObject(strings.Split(args, "|"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v, want %s", args, got, err, want)
		}
	}
}

// FuzzAssign: whatever is taken makes one JSON object.
func FuzzAssign(f *testing.F) {
	f.Add("a.b=x", `c\.d:=[1]`)
	f.Add(`a:={"b":1}`, "a.b=2")
	f.Fuzz(func(t *testing.T, a, b string) {
		if got, err := assignedObject([]string{a, b}); err == nil && (!json.Valid(got) || got[0] != '{') {
			t.Errorf("%q %q make %s", a, b, got)
		}
	})
}
