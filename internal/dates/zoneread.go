package dates

import "strings"

// How a value names its zone.

// readZone reads an offset with a colon, Z, UTC, GMT or UT with or without an offset, or the name of a region.
func readZone(f *fields, s []byte, at int) int {
	if at == len(s) {
		return -1
	}
	if s[at] == '+' || s[at] == '-' {
		v, end := idForm.seconds64(s, at)
		if end < 0 {
			return -1
		}
		return f.putZone(v, end)
	}
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if hasPrefix(s[at:], prefix) {
			return readAfter(f, s, at+len(prefix))
		}
	}
	end := at
	for end < len(s) && isRegionByte(s[end]) {
		end++
	}
	if end > at && isRegionID(string(s[at:end])) {
		if z := findRegion(s[at:end]); z != nil {
			f.zone = z
			return end
		}
	}
	if s[at] == 'Z' {
		return f.putZone(0, at+1)
	}
	return -1
}

// readAfter reads the offset behind UTC, GMT or UT, if there is one.
func readAfter(f *fields, s []byte, at int) int {
	if v, end := idForm.seconds64(s, at); end >= 0 {
		return f.putZone(v, end)
	}
	return f.putZone(0, at)
}

// putZone notes the zone with an offset, and returns end.
func (f *fields) putZone(seconds int64, end int) int {
	if seconds < -maxOffset || seconds > maxOffset {
		return -1
	}
	f.hasFixed, f.fixed = true, seconds
	return end
}

// abbreviations are the zones that a value may name in short where a pattern has the letter z.
var abbreviations = map[string]string{
	"EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
	"MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
	"AKST": "America/Anchorage", "AKDT": "America/Anchorage", "HST": "Pacific/Honolulu", "CET": "CET", "CEST": "CET",
	"EET": "EET", "EEST": "EET", "WET": "WET", "WEST": "WET", "MSK": "Europe/Moscow", "JST": "Asia/Tokyo",
	"KST": "Asia/Seoul", "BST": "Europe/London",
}

// readZoneName reads an abbreviation, or what readZone reads.
func readZoneName(f *fields, s []byte, at int) int {
	end := at
	for end < len(s) && isLetter(s[end]) {
		end++
	}
	if id, ok := abbreviations[string(s[at:end])]; ok {
		if z := findRegion([]byte(id)); z != nil {
			f.zone = z
			return end
		}
	}
	return readZone(f, s, at)
}

// readGreenwich reads GMT, or GMT and a distance from it in hours, with or without minutes and seconds.
func readGreenwich(f *fields, s []byte, at int) int {
	if !hasPrefix(s[at:], "GMT") {
		return -1
	}
	at += len("GMT")
	if at == len(s) || s[at] != '+' && s[at] != '-' {
		return f.putZone(0, at)
	}
	end := countDigits(s, at+1, 2)
	v, _ := parseDigits(s[at+1 : end])
	if end == at+1 || v > 18 {
		return -1
	}
	v *= 3600
	if m, next := idForm.part(s, end, allowed); next > end {
		seconds, last := idForm.part(s, next, allowed)
		v, end = v+m*60+seconds, last
	}
	if s[at] == '-' {
		v = -v
	}
	return f.putZone(v, end)
}

func hasPrefix(s []byte, prefix string) bool {
	return len(s) >= len(prefix) && strings.HasPrefix(string(s[:len(prefix)]), prefix)
}
