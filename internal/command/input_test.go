package command

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readAll reads an input to its end: items as "line text", and what is wrong as "line! reason".
func readAll(t testing.TB, r *itemReader) (got []string) {
	t.Helper()
	for {
		item, at, err := r.next()
		var bad *badItem
		switch {
		case err == io.EOF:
			if _, _, again := r.next(); again != io.EOF {
				t.Errorf("after the end: %v", again)
			}
			return got
		case errors.As(err, &bad):
			got = append(got, fmt.Sprintf("%d! %s", bad.place.line, bad.reason))
		case err != nil:
			return append(got, err.Error())
		default:
			got = append(got, fmt.Sprintf("%d %s", at.line, item))
		}
	}
}

const (
	ended = "; nothing after this could be read"
	array = "the input ends before the end of the JSON array" + ended
)

var inputs = []struct {
	name, in, form string
	want           []string
}{
	{"empty", "", formNDJSON, nil},
	{"white space", " \n\t\r\n ", formNDJSON, nil},
	{"lines", "{\"_id\":\"a\"}\n{\"_id\":\"b\"}\n", formNDJSON, []string{`1 {"_id":"a"}`, `2 {"_id":"b"}`}},
	{"no newline at the end", `{"_id":"a"}`, formNDJSON, []string{`1 {"_id":"a"}`}},
	{"blank lines, indents and CRLF", "\r\n  {}\r\n \t \r\n\t{} \r\n", formNDJSON, []string{`2 {}`, `4 {}`}},
	{"byte order mark", "\xef\xbb\xbf{}\n", formNDJSON, []string{`1 {}`}},
	{"bad lines", "{}\n{\n\"x\n{}\n}{\n{}{}\n{},\ntrue\nyes\n[]\n", formNDJSON, []string{
		`1 {}`,
		`2! invalid JSON at byte 1: unexpected end of JSON input`,
		`3! invalid JSON at byte 2: unexpected end of JSON input`,
		`4 {}`,
		`5! invalid JSON at byte 1: invalid character '}' looking for beginning of value`,
		`6! invalid JSON at byte 3: invalid character '{' after top-level value`,
		`7! invalid JSON at byte 3: invalid character ',' after top-level value`,
		`8 true`,
		`9! invalid JSON at byte 1: invalid character 'y' looking for beginning of value`,
		`10 []`,
	}},
	{"two halves of an item on two lines", "{}\n{\"a\":1\n\"b\":2}\n", formNDJSON, []string{
		`1 {}`,
		`2! invalid JSON at byte 6: unexpected end of JSON input`,
		`3! invalid JSON at byte 4: invalid character ':' after top-level value`,
	}},
	{"first line is torn", "{\"a\":1\n{}\n", formNDJSON, []string{
		`1! invalid JSON at byte 6: unexpected end of JSON input`, `2 {}`,
	}},
	{"only line is torn", "{\"a\":\n", formNDJSON, []string{`1! invalid JSON at byte 5: unexpected end of JSON input`}},
	{"only line is torn, without newline", "{\"a\":", formNDJSON, []string{
		`1! invalid JSON at byte 5: unexpected end of JSON input`,
	}},
	{"first line has too much", "{} ,\n{}\n", formNDJSON, []string{
		`1! invalid JSON at byte 4: invalid character ',' after top-level value`, `2 {}`,
	}},
	{"blanks around the first item", " {} \t\r\n{}", formNDJSON, []string{`1 {}`, `2 {}`}},

	{"objects over lines", "\n{\n  \"a\": [\n    {}\n  ]\n}\n{\n}\n{}", formObjects, []string{
		"2 {\n  \"a\": [\n    {}\n  ]\n}", "7 {\n}", "9 {}",
	}},
	{"objects on one line", `{"a":"}{"} {}{"b":{}}`, formObjects, []string{`1 {"a":"}{"}`, `1 {}`, `1 {"b":{}}`}},
	{"one object over lines", "{\n\"a\":1}", formObjects, []string{"1 {\n\"a\":1}"}},
	{"invalid object over lines", "{\"a\":1\n\"b\":2}\n{}", formObjects, []string{"1 {\"a\":1\n\"b\":2}", "3 {}"}},
	{"objects break off", "{\n}\n{\"a\":", formObjects, []string{
		"1 {\n}", `3! the input ends before the end of the JSON object` + ended}},
	{"first of objects breaks off", "{\n \"a\":", formObjects, []string{
		`1! the input ends before the end of the JSON object` + ended}},
	{"something between objects", "{}{},{}", formObjects, []string{
		`1 {}`, `1 {}`, `1! an object is expected after the one before, not ','` + ended}},
	{"brackets in the first object", "{\"a\":[[\"documents\":[1]]],\"documents\":1}{}", formObjects, []string{
		`1 {"a":[["documents":[1]]],"documents":1}`, `1 {}`}},
	{"brackets and quotes in strings", `{"a":"]}\"{[,\\"}` + "\n{}", formNDJSON, []string{`1 {"a":"]}\"{[,\\"}`, `2 {}`}},
	{"first line is a bad line", "hello\n{}\n", formNDJSON, []string{
		`1! invalid JSON at byte 1: invalid character 'h' looking for beginning of value`, `2 {}`,
	}},
	{"documents is a key like others", `{"documents":{}}`, formNDJSON, []string{`1 {"documents":{}}`}},
	{"an id before documents", `{"_id":"a","documents":[]}`, formNDJSON, []string{`1 {"_id":"a","documents":[]}`}},
	{"compressed", "\x1f\x8b\x08", "", []string{"the gzip input is cut short: its end is missing"}},
	{"UTF-16", "\xff\xfe{\x00", "", []string{"the input is UTF-16"}},

	{"array", `[{"_id":"a"},{"_id":"b"}]`, formArray, []string{`1 {"_id":"a"}`, `1 {"_id":"b"}`}},
	{"empty array", "\n[ ]\n", formArray, nil},
	{"array on lines", "[\n{\"a\":[1,\n2]},\n\n{}\n]\n", formArray, []string{"2 {\"a\":[1,\n2]}", `5 {}`}},
	{"array of nonsense", `[1, "a]", null, [], {"x":}, nope]`, formArray, []string{
		`1 1`, `1 "a]"`, `1 null`, `1 []`, `1 {"x":}`,
		`1! invalid JSON at byte 2: invalid character 'o' in literal null (expecting 'u')`,
	}},
	{"array breaks off", "[{},\n{\"a\":", formArray, []string{`1 {}`, `2! ` + array}},
	{"array breaks off after a comma", "[{},", formArray, []string{`1 {}`, `1! ` + array}},
	{"array is not closed", "[{}\n", formArray, []string{`1 {}`, `2! ` + array}},
	{"something right after a number", `[1{"a":2},{}]`, formArray, []string{
		`1 1`, `1! a comma or ] is expected after the item before` + ended}},
	{"comma is missing", "[{}\n{}]", formArray, []string{
		`1 {}`, `2! a comma or ] is expected after the item before` + ended}},
	{"comma too many", "[{},]", formArray, []string{`1 {}`, `1! an item is expected, not ']'` + ended}},
	{"comma alone", "[,{}]", formArray, []string{`1! an item is expected, not ','` + ended}},
	{"brace too many", "[{}}]", formArray, []string{`1 {}`, `1! a comma or ] is expected after the item before` + ended}},
	{"something after an array", "[{}]\n{}", formArray, []string{
		`1 {}`, `2! nothing is expected after the end of the JSON array, but there is '{'` + ended}},

	{"documents", `{"documents":[{"_id":"a"}]}`, formDocuments, []string{`1 {"_id":"a"}`}},
	{"documents over lines", "{\n \"documents\" : [\n  {\n  },\n {}\n ]\n}\n", formDocuments, []string{"3 {\n  }", `5 {}`}},
	{"documents without any", "{\"documents\":[]}\n", formDocuments, nil},
	{"documents and other keys", `{"x":[1,{"documents":[2]}],"documents":[{}],"strict":true , "y":"]}" }`, formDocuments,
		[]string{`1 {}`}},
	{"documents in a body",
		"{\"index\":\"i\",\n\"body\":{\"x\":1,\"documents\": [ {},\n{\"a\":1}],\"y\":{}},\"z\":[]}\n", formDocuments,
		[]string{`2 {}`, `3 {"a":1}`}},
	{"documents in another key", `{"other":{"documents":[{}]}}`, formNDJSON, []string{`1 {"other":{"documents":[{}]}}`}},
	{"documents in a list", `{"body":[{"documents":[{}]}]}`, formNDJSON, []string{`1 {"body":[{"documents":[{}]}]}`}},
	{"documents in changes", `{"changes":{"documents":[{}]}}`, formNDJSON, []string{`1 {"changes":{"documents":[{}]}}`}},
	{"nonsense after documents", `{"documents":[{}],"strict"}`, formDocuments, []string{
		`1 {}`, `1! what follows the documents is no JSON` + ended}},
	{"more nonsense after documents", `{"documents":[{}],"strict":}`, formDocuments, []string{
		`1 {}`, `1! what follows the documents is no JSON` + ended}},
	{"no comma after documents", `{"documents":[{}] "strict":1}`, formDocuments, []string{
		`1 {}`, `1! a comma or } is expected after the documents, not '"'` + ended}},
	{"body not closed", `{"body":{"documents":[{}]}`, formDocuments, []string{
		`1 {}`, `1! the input ends before the end of the {"documents": […]}` + ended}},
	{"documents not closed", `{"documents":[{}]`, formDocuments, []string{
		`1 {}`, `1! the input ends before the end of the {"documents": […]}` + ended}},
	{"documents twice", "{\"documents\":[{}]}\n{\"documents\":[{}]}\n", formDocuments, []string{
		`1 {}`, `2! nothing is expected after the end of the {"documents": […]}, but there is '{'` + ended}},
}

func TestItemReader(t *testing.T) {
	for _, test := range inputs {
		t.Run(test.name, func(t *testing.T) {
			whole := newItemReader(strings.NewReader(test.in))
			if diff := cmp.Diff(test.want, readAll(t, whole)); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			if whole.form != test.form {
				t.Errorf("form %q, want %q", whole.form, test.form)
			}
			if diff := cmp.Diff(test.want, readAll(t, inPieces(test.in))); diff != "" {
				t.Errorf("items, read in small pieces (-want +got):\n%s", diff)
			}
		})
	}
}

// inPieces reads an input byte by byte through the smallest buffer, so that every item crosses its end.
func inPieces(in string) *itemReader {
	raw := &countingReader{r: iotest.OneByteReader(strings.NewReader(in))}
	return &itemReader{r: bufio.NewReaderSize(raw, 32), maxItem: maxItemSize, raw: raw}
}

func TestHasKey(t *testing.T) {
	for object, want := range map[string]bool{
		`{"k":1}`: true, `{"a":{"k":1},"k" : 2}`: true, `{"a":"\"k\":","k":1}`: true, "{\"k\"\n:1}": true,
		`{}`: false, `{"a":"k"}`: false, `{"a":{"k":1}}`: false, `{"a":[{"k":1}]}`: false, `{"a":"{\"k\":1}"}`: false,
		`{"a\"k":1}`: false,
	} {
		if got := hasKey([]byte(object), "k"); got != want {
			t.Errorf("%s: %v", object, got)
		}
	}
}

func TestItemReaderTooLong(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", 100) + `"}`
	for _, test := range []struct {
		in   string
		want []string
	}{
		{"{}\n" + long + "\n{}\n" + long, []string{
			`1 {}`, `2! item is longer than 50 bytes`, `3 {}`, `4! item is longer than 50 bytes`}},
		{"{\n}\n" + long + "{}", []string{"1 {\n}", `3! item is longer than 50 bytes`, `3 {}`}},
		{long + "\n{}", []string{`1! item is longer than 50 bytes`, `2 {}`}},
		{long + "{}", []string{`1! item is longer than 50 bytes`, `1 {}`}},
		{"[{},\n" + long + ",\n{}]", []string{`1 {}`, `2! item is longer than 50 bytes`, `3 {}`}},
	} {
		for _, size := range []int{16, 64, 4096} {
			r := &itemReader{r: bufio.NewReaderSize(strings.NewReader(test.in), size), maxItem: 50}
			if diff := cmp.Diff(test.want, readAll(t, r)); diff != "" {
				t.Errorf("buffer of %d (-want +got):\n%s", size, diff)
			}
		}
	}
}

func TestItemReaderError(t *testing.T) {
	for _, in := range []string{"", "{}\n", "[{},", `{"documents":[`, `[{"a":`} {
		r := newItemReader(io.MultiReader(strings.NewReader(in), iotest.ErrReader(errors.New("disk on fire"))))
		got := readAll(t, r)
		if len(got) == 0 || got[len(got)-1] != "disk on fire" {
			t.Errorf("after %q: got %q, want the reader's error", in, got)
		}
	}
}

func TestInvalidReason(t *testing.T) {
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	for in, want := range map[string]string{
		`{}`:               "",
		deep(maxDepth):     "",
		`{"a":"[[["}`:      "",
		deep(1001):         "it is nested more than 1000 deep",
		"{\"a\":\"\xff\"}": "invalid JSON: it is not valid UTF-8",
		`{"a" 1}`:          "invalid JSON at byte 6: invalid character '1' after object key",
	} {
		if got := invalidReason([]byte(in)); got != want {
			t.Errorf("invalidReason(%.40q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzInput holds the reader against encoding/json. Items joined by commas, as batches join them, must be read as the
// same items again, or not at all; and what is valid input must be read in full.
func FuzzInput(f *testing.F) {
	for _, test := range inputs {
		f.Add([]byte(test.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var items [][]byte
		bad := 0
		r := newItemReader(bytes.NewReader(in))
		for {
			item, _, err := r.next()
			if _, isBad := err.(*badItem); isBad {
				bad++
				continue
			}
			if err != nil {
				break
			}
			items = append(items, bytes.Clone(item))
		}
		if small := readAll(t, inPieces(string(in))); r.form != "" && len(small) != len(items)+bad {
			t.Fatalf("read in small pieces there are %d items, else %d and %d bad ones", len(small), len(items), bad)
		}
		checkJoined(t, items)
		checkComplete(t, in, r.form, items)
	})
}

func checkJoined(t *testing.T, items [][]byte) {
	joined := append(append([]byte("["), bytes.Join(items, []byte(","))...), ']')
	var again []json.RawMessage
	if json.Unmarshal(joined, &again) != nil {
		return
	}
	if len(again) != len(items) {
		t.Fatalf("%d items are read as %d once they are joined", len(items), len(again))
	}
	for i := range items {
		if !bytes.Equal(again[i], items[i]) {
			t.Fatalf("item %d is %q, but once joined %q", i, items[i], again[i])
		}
	}
}

func checkComplete(t *testing.T, in []byte, form string, items [][]byte) {
	var want []json.RawMessage
	var wrapped map[string]json.RawMessage
	in = bytes.TrimPrefix(in, []byte("\xef\xbb\xbf"))
	switch {
	case form == formArray && json.Unmarshal(in, &want) == nil:
	case form == formDocuments && json.Unmarshal(in, &wrapped) == nil && len(wrapped) == 1:
		if bytes.Count(in, []byte(`"documents"`)) > 1 || json.Unmarshal(wrapped["documents"], &want) != nil {
			return
		}
	case form == formNDJSON:
		for line := range bytes.Lines(in) {
			if json.Valid(line) {
				want = append(want, bytes.Trim(line, " \t\r\n"))
			}
		}
		valid := items[:0:0]
		for _, item := range items {
			if json.Valid(item) {
				valid = append(valid, item)
			}
		}
		items = valid
	default:
		return
	}
	if len(want) != len(items) {
		t.Fatalf("%s of %d items is read as %d", form, len(want), len(items))
	}
	for i := range want {
		if !bytes.Equal(want[i], items[i]) {
			t.Fatalf("item %d is %q, read as %q", i, want[i], items[i])
		}
	}
}

// TestHugeItem reads an item larger than a batch: it leaves little garbage, and is not kept for the items behind it.
func TestHugeItem(t *testing.T) {
	const size = 3 * maxBatchBytes
	for _, form := range []string{"%s\n%s\n", "[%s,\n%s]", "%s %s"} {
		text := fmt.Sprintf(form, `{"_id":"a","changes":{"x":"`+strings.Repeat("x", size)+`"}}`, `{"_id":"b","changes":{}}`)
		r := newItemReader(strings.NewReader(text))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 2 {
			if _, _, err := r.next(); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 4*size {
			t.Errorf("%q: %d bytes are allocated for an item of %d", form, n, size)
		}
		if n := cap(r.buf); n > 2*maxBatchBytes {
			t.Errorf("%q: %d bytes are kept", form, n)
		}
	}
}
