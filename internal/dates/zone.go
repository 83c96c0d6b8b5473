package dates

import (
	"path"
	"strings"
	"sync"
	"time"
)

// Zone is a time zone: a fixed offset, or a region with its rules. Zones are immutable. A nil *Zone stands for UTC
// where nothing else is said.
type Zone struct {
	id     string
	offset int64          // of a fixed zone, in seconds east of Greenwich
	region *time.Location // nil for a fixed zone
}

// utc is the zone Z.
var utc = &Zone{id: "Z"}

// LoadZone returns the zone with an id as java.time.ZoneId has them: Z, an offset such as +1, +01:00 or +0130, UTC, GMT
// and UT with or without an offset, or a region of the tz database such as Europe/Paris. Letters count as written.
//
// The text of an error is Elasticsearch's. Regions come from the zone database of the machine; where there is none,
// every region is `Unknown time-zone ID`. The first use of a region reads files, later ones do not.
func LoadZone(id string) (*Zone, error) {
	switch {
	case id == "Z":
		return utc, nil
	case len(id) == 1:
		return nil, fail("Invalid ID for ZoneOffset, invalid format: %s", id)
	case strings.HasPrefix(id, "+"), strings.HasPrefix(id, "-"):
		return loadOffset(id)
	}
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		rest, ok := strings.CutPrefix(id, prefix)
		if ok && rest == "" {
			return &Zone{id: id}, nil
		}
		if ok && (rest[0] == '+' || rest[0] == '-') {
			z, err := loadOffset(rest)
			if err != nil {
				return nil, fail("Invalid ID for offset-based ZoneId: %s", id)
			}
			return &Zone{id: prefix + z.id, offset: z.offset}, nil
		}
	}
	return loadRegion(id)
}

// loadOffset returns the zone of an offset: +h, +hh, +hhmm, +hh:mm, +hhmmss or +hh:mm:ss.
func loadOffset(id string) (*Zone, error) {
	digits := id[1:]
	switch len(id) {
	case 2:
		digits = "0" + digits
	case 3, 5, 7:
	case 6, 9:
		if digits[2] != ':' || len(id) == 9 && digits[5] != ':' {
			return nil, fail("Invalid ID for ZoneOffset, colon not found when expected: %s", id)
		}
		digits = digits[:2] + digits[3:5] + digits[min(6, len(digits)):]
	default:
		return nil, fail("Invalid ID for ZoneOffset, invalid format: %s", id)
	}
	var parts [3]int64 // hours, minutes, seconds
	for i := range len(digits) / 2 {
		v, end := twoDigits([]byte(digits), 2*i)
		if end < 0 {
			return nil, fail("Invalid ID for ZoneOffset, non numeric characters found: %s", id)
		}
		parts[i] = v
	}
	if len(digits)%2 != 0 {
		return nil, fail("Invalid ID for ZoneOffset, non numeric characters found: %s", id)
	}
	sign := int64(1)
	if id[0] == '-' {
		sign = -1
	}
	return offsetZone(sign, parts[0], parts[1], parts[2])
}

// offsetZone returns the zone so many hours, minutes and seconds east of Greenwich, or west of it with a sign of -1.
func offsetZone(sign, hours, minutes, seconds int64) (*Zone, error) {
	switch {
	case hours > 18:
		return nil, fail("Zone offset hours not in valid range: value %d is not in the range -18 to 18", sign*hours)
	case minutes > 59:
		return nil, fail("Zone offset minutes not in valid range: value %d is not in the range -59 to 59", sign*minutes)
	case seconds > 59:
		return nil, fail("Zone offset seconds not in valid range: value %d is not in the range -59 to 59", sign*seconds)
	}
	return fixedZone(sign * (hours*3600 + minutes*60 + seconds))
}

// fixedZone returns the zone that is so many seconds east of Greenwich.
func fixedZone(seconds int64) (*Zone, error) {
	if seconds < -maxOffset || seconds > maxOffset {
		return nil, fail("Zone offset not in valid range: -18:00 to +18:00")
	}
	if seconds == 0 {
		return utc, nil
	}
	return &Zone{id: string(idForm.print(nil, seconds)), offset: seconds}, nil
}

// maxUnknown bounds how many names are remembered when there are unknown ones among them. There are about 600 regions,
// which are always remembered.
const maxUnknown = 2000

// regions remembers the regions that were looked up, with nil for those that do not exist: values of documents name
// them, and each look-up reads files.
var regions = struct {
	sync.RWMutex
	known map[string]*Zone
}{known: map[string]*Zone{}}

// loadRegion returns a region of the zone database.
func loadRegion(id string) (*Zone, error) {
	if !isRegionID(id) {
		return nil, fail("Invalid ID for region-based ZoneId, invalid format: %s", id)
	}
	if z := findRegion([]byte(id)); z != nil {
		return z, nil
	}
	return nil, fail("Unknown time-zone ID: %s", id)
}

// findRegion returns a region of the zone database, or nil if there is none of this name. It does not allocate for a
// name that it has seen.
func findRegion(id []byte) *Zone {
	regions.RLock()
	z, ok := regions.known[string(id)]
	regions.RUnlock()
	if ok {
		return z
	}
	z = openRegion(string(id))
	regions.Lock()
	defer regions.Unlock()
	if z != nil || len(regions.known) < maxUnknown {
		regions.known[string(id)] = z
	}
	return z
}

// openRegion reads a region from the zone database.
func openRegion(id string) *Zone {
	top, _, _ := strings.Cut(id, "/")
	switch top { // what Go's or the machine's database has and Java's has not
	case "Local", "localtime", "posix", "right", "posixrules", "Factory", "EST", "MST", "HST", "ROC":
		return nil
	}
	if path.Clean(id) != id { // Asia//Tokyo leads to the file of Asia/Tokyo, and is no name of it
		return nil
	}
	location, err := time.LoadLocation(id)
	if err != nil {
		return nil
	}
	return &Zone{id: id, region: location}
}

// isRegionID says whether id could name a region: a letter, then letters, digits and a few other characters.
func isRegionID(id string) bool {
	if len(id) < 2 || len(id) > 60 || !isLetter(id[0]) {
		return false
	}
	for i := range len(id) {
		if !isRegionByte(id[i]) {
			return false
		}
	}
	return true
}

func isRegionByte(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("~/._+-", c) >= 0
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// String returns the id of the zone.
func (z *Zone) String() string {
	if z == nil {
		return utc.id
	}
	return z.id
}

// at returns the offset of the zone at an instant, in seconds since 1970.
func (z *Zone) at(seconds int64) int64 {
	if z == nil || z.region == nil {
		if z == nil {
			return 0
		}
		return z.offset
	}
	_, o := time.Unix(seconds, 0).In(z.region).Zone()
	return int64(o)
}

// toInstant returns the instant at which clocks in the zone show a local time, and the offset then. Of the two instants
// of an hour that is repeated in autumn it takes the one with the offset prefer, otherwise the first; a time that is
// skipped in spring is moved on by what is skipped. All are seconds, local ones as if they were in UTC.
func (z *Zone) toInstant(local, prefer int64) (instant, offset int64) {
	if z == nil || z.region == nil {
		offset = z.at(0)
		return local - offset, offset
	}
	before, after := z.at(local-secondsPerDay), z.at(local+secondsPerDay)
	fits := func(o int64) bool { return z.at(local-o) == o }
	switch {
	case fits(prefer):
		offset = prefer
	case fits(before) || !fits(after):
		return local - before, z.at(local - before)
	default:
		offset = after
	}
	return local - offset, offset
}

// noOffset is no offset of any zone.
const noOffset = 1 << 40

// short returns the abbreviation of the zone at an instant, such as CET or CEST, or its id if it is no region.
func (z *Zone) short(seconds int64) string {
	if z == nil || z.region == nil {
		return z.String()
	}
	name, _ := time.Unix(seconds, 0).In(z.region).Zone()
	return name
}
