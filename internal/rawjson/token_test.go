package rawjson

import "testing"

func TestToken(t *testing.T) {
	for value, want := range map[string]string{
		`{}`: "START_OBJECT", `[1]`: "START_ARRAY", `""`: "VALUE_STRING", `-1`: "VALUE_NUMBER", `0`: "VALUE_NUMBER",
		`true`: "VALUE_BOOLEAN", `false`: "VALUE_BOOLEAN", `null`: "VALUE_NULL",
	} {
		if got := Token([]byte(value)); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}
