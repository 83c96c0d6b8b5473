package kuzzlite

import "testing"

func TestIsDate(t *testing.T) {
	for value, want := range map[string]bool{
		`"2024"`: true, `"2024-01"`: true, `"2024-02-29"`: true, `"-2024-01-01"`: true, `"2024-01-01T10"`: true,
		`"2024-01-01T10:00"`: true, `"2024-01-01T10:00:00.123456789Z"`: true, `"2024-01-01T10:00:00,5+01:00"`: true,
		`"2024-01-01T10:00+0100"`: true, `"2024-01-01T10-01"`: true, `"20240101"`: true, `"-1"`: true,
		`0`: true, `-1.5`: true, `1700000000000`: true, `9223372036854775000`: true,
		`"2024-01-01 10:00:00"`: false, `"2024/01/31"`: false, `"2024-1-1"`: false, `"2024-13"`: false, `"2023-02-29"`: false,
		`"2024-01-01T24:00"`: false, `"2024-01-01T25"`: false, `"2024-01-01t10"`: false, `"2024-01-01T10z"`: false,
		`"2024-W01"`: false, `"+10000-01-01"`: false, `"10000-01-01"`: false, `"1e3"`: false, `""`: false, `"now"`: false,
		`"yesterday"`: false, `true`: false, `false`: false, `1e300`: false, `"2024-01T10"`: false,
		`"2024-01-01T10:00:00."`: false, `"2024-01-01T10:00:00.1234567890"`: false, `"+5"`: false, `"2024-01-01T10:0"`: false,
		`"2024-01-01T1:00"`: false, `"2024-01-01T10:00+1"`: false, `"-"`: false,
	} {
		if got := isDate([]byte(value)); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}
