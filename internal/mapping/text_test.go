package mapping

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"pgregory.net/rapid"
)

// The text of documents as Kuzzle and Elasticsearch write them.

func TestWidth(t *testing.T) {
	for _, tt := range []struct {
		value, javaScript, java string
	}{
		{`{}`, `{}`, `{}`},
		{`{"a":[true,false,null,{"b":"c"}]}`, `{"a":[true,false,null,{"b":"c"}]}`, `{"a":[true,false,null,{"b":"c"}]}`},
		{`""`, `""`, `""`},
		{`"é日"`, `"é日"`, `"é日"`},
		{`"😀"`, `"😀"`, `"\ud83d\ude00"`},
		{`"\ud83d\uDE00"`, `"😀"`, `"\ud83d\ude00"`},
		{`"\ud83d"`, `"\ud83d"`, `"\ud83d"`},
		{`"\ud83d\u0041"`, `"\ud83dA"`, `"\ud83dA"`},
		{`"\ud83d\n"`, `"\ud83d\n"`, `"\ud83d\n"`},
		{`"\ude00\ud83d"`, `"\ude00\ud83d"`, `"\ude00\ud83d"`},
		{`"\/\"\\\b\f\n\r\t"`, `"/\"\\\b\f\n\r\t"`, `"/\"\\\b\f\n\r\t"`},
		{`"\u002f\u0022\u005c\u0008\u000c\u000a\u000d\u0009"`, `"/\"\\\b\f\n\r\t"`, `"/\"\\\b\f\n\r\t"`},
		{`"\u0000\u001f\u007f\u00e9\u2028"`, "\"\\u0000\\u001f\x7fé\u2028\"", "\"\\u0000\\u001f\x7fé\u2028\""},
		{`0`, `0`, `0`}, {`-0`, `0`, `0`}, {`-0.0`, `0`, `0`}, {`-1`, `-1`, `-1`},
		{`1.0`, `1`, `1`}, {`1.10`, `1.1`, `1.1`}, {`1e2`, `100`, `100`}, {`3.5`, `3.5`, `3.5`},
		{`9007199254740993`, `9007199254740992`, `9007199254740992`},
		{`12345678901234567890`, `12345678901234567000`, `12345678901234567000`},
		{`1e20`, `100000000000000000000`, `100000000000000000000`},
		{`1e21`, `1e+21`, `1.0E21`}, {`1.5e300`, `1.5e+300`, `1.5E300`}, {`-1e-7`, `-1e-7`, `-1.0E-7`},
		{`0.001`, `0.001`, `0.001`}, {`0.0001`, `0.0001`, `1.0E-4`}, {`0.00012`, `0.00012`, `1.2E-4`},
		{`9999999.5`, `9999999.5`, `9999999.5`}, {`12345678.5`, `12345678.5`, `1.23456785E7`},
		{`1e400`, `null`, `null`}, {`-1e400`, `null`, `null`}, {`1e-400`, `0`, `0`}, {`1.5e-10`, `1.5e-10`, `1.5E-10`},
	} {
		if got := javaScript.width([]byte(tt.value)); got != len(tt.javaScript) {
			t.Errorf("JavaScript writes %s in %d bytes, want %s", tt.value, got, tt.javaScript)
		}
		if got := java.width([]byte(tt.value)); got != len(tt.java) {
			t.Errorf("Java writes %s in %d bytes, want %s", tt.value, got, tt.java)
		}
		if c := tt.value[0]; c == '-' || '0' <= c && c <= '9' {
			if got := javaScript.number([]byte(tt.value)); got != tt.javaScript {
				t.Errorf("JavaScript writes %s as %s, want %s", tt.value, got, tt.javaScript)
			}
			if got := java.number([]byte(tt.value)); got != tt.java {
				t.Errorf("Java writes %s as %s, want %s", tt.value, got, tt.java)
			}
		}
	}
}

func TestPrepared(t *testing.T) {
	doc := `{"b":1,"10":2,"_":3,"2":4,"":5,"01":6,"4294967294":7,"4294967295":8,"-1":9,"0":10,"2.0":11}`
	want := []string{"0", "2", "10", "4294967294", "b", "_", "", "01", "4294967295", "-1", "2.0"}
	if diff := cmp.Diff(want, namesOf(prepared([]byte(doc)))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func namesOf(members []member) []string { return Text{members: members}.Names() }

// A hash map that is really filled, bucket by bucket, has its members in the same order.
func TestHashOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zé😀]{0,3}`), 0, 60, rapid.ID).Draw(t, "names")
		doc := []byte{'{'}
		for _, name := range names {
			if len(doc) > 1 {
				doc = append(doc, ',')
			}
			doc = append(rawjson.AppendString(doc, name), `:1`...)
		}
		got := namesOf(hashOrder(prepared(append(doc, '}'))))
		if diff := cmp.Diff(naiveHashMap(names), got); diff != "" {
			t.Fatalf("(-map +got)\n%s", diff)
		}
	})
}

// naiveHashMap puts names into a map as Java's, and returns them as they stand in it.
func naiveHashMap(names []string) (order []string) {
	hash := func(s string) (h int32) {
		for _, unit := range utf16.Encode([]rune(s)) {
			h = h*31 + int32(unit)
		}
		return h ^ int32(uint32(h)>>16)
	}
	table := make([][]string, 16)
	for n, name := range names {
		at := int(hash(name)) & (len(table) - 1)
		table[at] = append(table[at], name)
		if n+1 <= len(table)*3/4 {
			continue
		}
		larger := make([][]string, 2*len(table))
		for _, bucket := range table {
			for _, name := range bucket {
				at := int(hash(name)) & (len(larger) - 1)
				larger[at] = append(larger[at], name)
			}
		}
		table = larger
	}
	return append([]string{}, slices.Concat(table...)...)
}

// writtenBy writes a value as w does, by way of Go values.
func writtenBy(w writer, value any) string {
	switch v := value.(type) {
	case string:
		return naiveString(w, v)
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return "null"
		}
		return naiveNumber(w, f)
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, writtenBy(w, e))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		var parts []string
		for key, e := range v {
			parts = append(parts, naiveString(w, key)+":"+writtenBy(w, e))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case bool:
		return strconv.FormatBool(v)
	}
	return "null"
}

func naiveString(w writer, s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		short := strings.IndexRune("\b\f\n\r\t\"\\", r)
		switch {
		case short >= 0:
			out.WriteString(`\` + `bfnrt"\`[short:short+1])
		case r < ' ':
			out.WriteString(`\u00` + strconv.FormatInt(int64(r)+0x100, 16)[1:])
		case r > 0xFFFF && w == java:
			high, low := utf16.EncodeRune(r)
			out.WriteString(`\u` + strconv.FormatInt(int64(high), 16) + `\u` + strconv.FormatInt(int64(low), 16))
		default:
			out.WriteRune(r)
		}
	}
	return out.String() + `"`
}

// naiveNumber writes a number: encoding/json does it as JavaScript, but for the sign of zero.
func naiveNumber(w writer, f float64) string {
	text, _ := json.Marshal(f)
	if w == javaScript || !bytes.ContainsAny(text, ".e") {
		return strings.Replace(string(text), "-0", "0", btoi(string(text) == "-0"))
	}
	if a := math.Abs(f); 1e-3 <= a && a < 1e7 {
		return string(text)
	}
	sign := ""
	if f < 0 {
		sign, f = "-", -f
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(f, 'f', -1, 64), ".")
	exponent := len(whole) - 1
	if whole == "0" {
		exponent = len(strings.TrimLeft(fraction, "0")) - len(fraction) - 1
	}
	digits := strings.Trim(whole+fraction, "0")
	if len(digits) == 1 {
		digits += "0"
	}
	return sign + digits[:1] + "." + digits[1:] + "E" + strconv.Itoa(exponent)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// FuzzColumn has the column of each member of a document compared with where it begins in a text that is really made.
func FuzzColumn(f *testing.F) {
	for _, doc := range []string{
		`{}`, `{"":1}`, `{"a":1,"":2}`, `{"a":"\ud83d\ude00","1":[1.5e300,1e-7,{"b":"\u0000\t"}],"..":null}`,
		`{"10":true,"9":"é","_id":{"k":[1,"x"]},"a.b":-0.0}`, `{"_kuzzle_info":{"":1,"author":{"a":1}},"x":12345678.9}`,
		`{"\u0061":"\/","日本":9007199254740993,"z":1e400}`,
	} {
		f.Add([]byte(doc), true)
		f.Add([]byte(doc), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, rewritten bool) {
		doc, err := rawjson.Compact(text, 20)
		if err != nil || !isObject(doc) {
			return
		}
		w := javaScript
		if rewritten {
			w = java
		}
		members := prepared(doc)
		var values map[string]any
		dec := json.NewDecoder(bytes.NewReader(doc))
		dec.UseNumber()
		if err := dec.Decode(&values); err != nil || bytes.ContainsRune([]byte(writtenBy(w, values)), '\uFFFD') {
			return // a lone surrogate, which Go does not keep
		}
		x := examiner{w: w, id: "id", m: Default}
		_ = x.document(members)
		made := "{"
		for column, m := range x.placed(members, len("{")+1) {
			if column != len(made)+1 {
				t.Fatalf("%s: column %d, want %d of %s", doc, column, len(made)+1, made)
			}
			name := unquoted(m.key)
			made += naiveString(w, name) + ":" + writtenBy(w, values[name]) + ","
		}
	})
}
