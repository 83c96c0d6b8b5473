package dates

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// recordings are searches that a real server answered. They are not part of this repository.
const recordings = "../../testdata/kuzzle/search"

// dataset is a recorded data set.
type dataset struct {
	documents []map[string]json.RawMessage
	formats   map[string]string // of the date fields that lie at the top of a document
}

// bounds are the sides of a range, and its parameters.
type bounds struct {
	GT, GTE, LT, LTE json.RawMessage
	Format           string
	TimeZone         string `json:"time_zone"`
}

// Every recorded search for nothing but a range of dates finds as many documents here as it found there, or fails with
// the same message.
func TestRecordedRanges(t *testing.T) {
	data, n := map[string]*dataset{}, 0
	for _, file := range []string{"range.jsonl", "errors-query.jsonl", "count.jsonl"} {
		eachLine(t, filepath.Join(recordings, file), func(line []byte) {
			s := scenario(t, line)
			if s == nil {
				return
			}
			if data[s.dataset] == nil {
				data[s.dataset] = load(t, s.dataset)
			}
			if format, ok := data[s.dataset].formats[s.field]; ok {
				n++
				s.check(t, data[s.dataset].documents, format)
			}
		})
	}
	if n < 40 {
		t.Errorf("only %d searches were compared", n)
	}
}

// recorded is a search for a range.
type recorded struct {
	name, dataset, field string
	bounds               bounds
	total                int
	message              string
}

// scenario returns the search of a recorded line, or nil if it is for something else than a range.
func scenario(t *testing.T, line []byte) *recorded {
	var l struct {
		Name, Dataset string
		Steps         []struct {
			Request struct {
				Body struct {
					Query map[string]json.RawMessage
				}
			}
			Response struct {
				Result json.RawMessage
				Error  struct{ Message string }
			}
		}
	}
	if err := json.Unmarshal(line, &l); err != nil || len(l.Steps) != 1 {
		return nil // some bodies are wrong on purpose
	}
	step := l.Steps[0]
	var ranges map[string]json.RawMessage
	if json.Unmarshal(step.Request.Body.Query["range"], &ranges) != nil || len(ranges) != 1 {
		return nil
	}
	s := &recorded{name: l.Name, dataset: l.Dataset, message: step.Response.Error.Message}
	for s.field = range ranges {
		if strings.Contains(string(ranges[s.field]), `"foo"`) || strings.Contains(string(ranges[s.field]), ":{") {
			return nil // refused for other reasons than its date
		}
		if err := json.Unmarshal(ranges[s.field], &s.bounds); err != nil {
			return nil
		}
	}
	var result struct{ Total, Count int }
	_ = json.Unmarshal(step.Response.Result, &result)
	s.total = result.Total + result.Count
	return s
}

// check compares what the search finds in the documents with what it found then.
func (s *recorded) check(t *testing.T, documents []map[string]json.RawMessage, format string) {
	from, to, err := s.bounds.limits(t, parsed(t, format))
	if err != nil || s.message != "" {
		wanted := strings.TrimPrefix(s.message, "failed to create query: ")
		wanted = strings.TrimPrefix(wanted, "java.time.zone.ZoneRulesException: ")
		if err == nil || err.Error() != wanted {
			t.Errorf("%s: got error %v, want %s", s.name, err, wanted)
		}
		return
	}
	found := 0
	for _, d := range documents {
		if slices.ContainsFunc(values(d[s.field]), func(raw json.RawMessage) bool {
			at, err := parsed(t, format).Document(bytes.Trim(raw, `"`))
			if err != nil {
				t.Fatalf("%s: a stored date: %v", s.name, err)
			}
			return from <= at && at <= to
		}) {
			found++
		}
	}
	if found != s.total {
		t.Errorf("%s: found %d, want %d", s.name, found, s.total)
	}
}

// values returns the values of a field: those of its array, or its only one, without null.
func values(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil && raw != nil {
		list = []json.RawMessage{raw}
	}
	return slices.DeleteFunc(list, func(v json.RawMessage) bool { return string(v) == "null" })
}

// limits returns the first and the last millisecond of the range.
func (b bounds) limits(t *testing.T, f *Format) (from, to int64, err error) {
	o := QueryOptions{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if b.TimeZone != "" {
		if o.Zone, err = LoadZone(b.TimeZone); err != nil {
			return 0, 0, err
		}
	}
	if b.Format != "" {
		f, o.Forced = parsed(t, b.Format), true
	}
	from, to = -1<<63, 1<<63-1
	for _, side := range []struct {
		raw  json.RawMessage
		up   bool
		move int64
		into *int64
	}{{b.GT, true, 1, &from}, {b.GTE, false, 0, &from}, {b.LT, false, -1, &to}, {b.LTE, true, 0, &to}} {
		if side.raw == nil || string(side.raw) == "null" {
			continue
		}
		o.RoundUp = side.up
		v, err := f.Query(string(bytes.Trim(side.raw, `"`)), side.raw[0] != '"', o)
		if err != nil {
			return 0, 0, err
		}
		*side.into = v + side.move
	}
	return from, to, nil
}

// load returns a data set.
func load(t *testing.T, name string) *dataset {
	d := &dataset{formats: map[string]string{}}
	eachLine(t, filepath.Join(recordings, "datasets", name+".jsonl"), func(line []byte) {
		var l struct {
			Mappings struct {
				Properties map[string]struct {
					Type, Format string
					Null         any `json:"null_value"`
				}
			}
			Body map[string]json.RawMessage
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		for name, p := range l.Mappings.Properties {
			if p.Type == "date" && p.Null == nil { // what null stands for is the concern of the mapping
				d.formats[name] = cmp.Or(p.Format, Default.String())
			}
		}
		if l.Body != nil {
			d.documents = append(d.documents, l.Body)
		}
	})
	return d
}

// eachLine calls fn for each line of a file.
func eachLine(t *testing.T, path string, fn func([]byte)) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		fn(s.Bytes())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}
