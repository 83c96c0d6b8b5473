package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// naive says whether a document matches a node, in the most direct way: on decoded values, one condition after the
// other.
func naive(n node, id string, doc map[string]any) bool {
	switch n := n.(type) {
	case all:
		return true
	case none:
		return false
	case and:
		return !slices.ContainsFunc(n, func(n node) bool { return !naive(n, id, doc) })
	case or:
		return slices.ContainsFunc(n, func(n node) bool { return naive(n, id, doc) })
	case not:
		return !naive(n.node, id, doc)
	case atLeast:
		met := 0
		for _, n := range n.list {
			if naive(n, id, doc) {
				met++
			}
		}
		return met >= n.least
	case verified:
		return naive(n.node, id, doc)
	case nested:
		return naiveNested(n, id, doc)
	case inShape:
		return naiveInShape(n, doc)
	case ids:
		return slices.Contains(n, id)
	case term:
		return anyValue(doc, n.field, func(v any) bool { order, ok := naiveCompare(v, decode(n.value)); return ok && order == 0 })
	case exists:
		return anyValue(doc, n.field, naiveHasValue)
	case prefixed:
		return anyValue(doc, n.field, func(v any) bool { s, ok := v.(string); return ok && strings.HasPrefix(s, n.prefix) })
	case *pattern:
		return anyValue(doc, n.field, func(v any) bool { s, ok := v.(string); return ok && naivePattern(n, s) })
	case span:
		if n.lower.value == nil && n.upper.value == nil {
			return naive(exists{n.field}, id, doc)
		}
		return anyValue(doc, n.field, func(v any) bool { return inSpan(v, n) })
	}
	panic(fmt.Sprintf("no naive %T", n))
}

// naivePattern says whether a pattern describes a text: wildcards and regular expressions as package regexp has them.
func naivePattern(p *pattern, text string) bool {
	expression := ""
	switch p.clause {
	case clausePrefix:
		expression = regexp.QuoteMeta(p.text) + ".*"
	case clauseWildcard:
		expression = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(p.text))
		if p.text == "" {
			return false
		}
	case clauseRegexp:
		expression = p.text
	case clauseTerm:
		expression = regexp.QuoteMeta(p.text)
	case clauseFuzzy:
		edits := p.fuzziness.Edits(p.text)
		a, b := []rune(p.text), []rune(text)
		same := min(len(a), p.prefixLength)
		return len(b) >= same && string(a[:same]) == string(b[:same]) && naiveEdits(a[same:], b[same:], edits)
	}
	if p.caseInsensitive || p.clause == clauseTerm {
		expression = "(?i)" + expression
	}
	return regexp.MustCompile("(?s)^(?:" + expression + ")$").MatchString(text)
}

// naiveEdits says whether so many edits at most make b of a; two neighbours that change places are one edit.
func naiveEdits(a, b []rune, edits int) bool {
	switch {
	case edits < 0:
		return false
	case len(a) == 0 || len(b) == 0:
		return len(a)+len(b) <= edits
	case a[0] == b[0] && naiveEdits(a[1:], b[1:], edits):
		return true
	case len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && naiveEdits(a[2:], b[2:], edits-1):
		return true
	}
	return naiveEdits(a[1:], b, edits-1) || naiveEdits(a, b[1:], edits-1) || naiveEdits(a[1:], b[1:], edits-1)
}

func inSpan(v any, s span) bool {
	if s.lower.value != nil {
		order, ok := naiveCompare(v, decode(s.lower.value))
		if !ok || order < 0 || order == 0 && s.lower.excluded {
			return false
		}
	}
	if s.upper.value != nil {
		order, ok := naiveCompare(v, decode(s.upper.value))
		if !ok || order > 0 || order == 0 && s.upper.excluded {
			return false
		}
	}
	return true
}

func decode(raw []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

// naiveCompare compares scalars of one type.
func naiveCompare(a, b any) (order int, ok bool) {
	switch x := a.(type) {
	case nil:
		return 0, b == nil
	case bool:
		y, ok := b.(bool)
		return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)), ok
	case string:
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	case json.Number:
		y, ok := b.(json.Number)
		if !ok {
			return 0, false
		}
		p, _ := new(big.Rat).SetString(x.String())
		q, _ := new(big.Rat).SetString(y.String())
		return p.Cmp(q), true
	}
	return 0, false
}

func naiveHasValue(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		return slices.ContainsFunc(v, naiveHasValue)
	case map[string]any:
		for _, member := range v {
			if naiveHasValue(member) {
				return true
			}
		}
		return false
	}
	return true
}

// anyValue says whether one value of a field meets a test.
func anyValue(doc any, field string, meets func(any) bool) bool {
	return slices.ContainsFunc(valuesOf(doc, strings.Split(field, ".")), meets)
}

func valuesOf(v any, path []string) (found []any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			found = append(found, valuesOf(e, path)...)
		}
		return found
	case map[string]any:
		if len(path) == 0 {
			return []any{v}
		}
		for key, member := range v {
			parts := strings.Split(key, ".")
			if len(parts) <= len(path) && slices.Equal(parts, path[:len(parts)]) {
				found = append(found, valuesOf(member, path[len(parts):])...)
			}
		}
		return found
	}
	if len(path) > 0 {
		return nil
	}
	return []any{v}
}

// maker makes random documents and queries of few fields and values, so that they often meet.
type maker struct{ *rand.Rand }

func (r maker) pick(list ...string) string { return list[r.IntN(len(list))] }

func (r maker) field() string { return r.pick("a", "b", "a.b", "c", "c.a") }

func (r maker) scalar() string {
	return r.pick("null", "true", "false", "0", "1", "1.0", "-1", "2", "1.5", "10", "1e1", "9007199254740993",
		"9007199254740992", "123456789012345678901", `""`, `"a"`, `"ab"`, `"aB"`, `"acb"`, `"abcd"`, `"\u0061b"`, `"b"`,
		`"é"`, `"1"`)
}

func (r maker) value(depth int) string {
	switch n := r.IntN(8); {
	case n == 0 && depth > 0:
		return r.object(depth - 1)
	case n == 1 && depth > 0:
		var list []string
		for range r.IntN(3) {
			list = append(list, r.value(depth-1))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	return r.scalar()
}

func (r maker) object(depth int) string {
	keys := []string{"a", "b", "c", "a.b"}
	r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	var members []string
	for _, key := range keys[:r.IntN(len(keys)+1)] {
		members = append(members, fmt.Sprintf("%q:%s", key, r.value(depth)))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (r maker) bound() bound {
	if r.IntN(4) == 0 {
		return bound{}
	}
	return bound{[]byte(r.scalar()), r.IntN(2) == 0}
}

func (r maker) pattern() *pattern {
	p := newFuzzy(r.field(), r.pick("", "a", "ab", "abc", "acb", "éab", "xbcdef"))
	p.clause = r.pick(clausePrefix, clauseWildcard, clauseRegexp, clauseFuzzy, clauseTerm)
	p.prefixLength = r.IntN(3)
	switch p.clause {
	case clauseWildcard:
		p.text = r.pick("", "*", "?", "a*", "a?", "*b", "a*b*", "é*", "??", "A*")
	case clauseRegexp:
		p.text = r.pick("", "a.*", "a|b", "[a-b]+", "ab?", "(ab|é).*", "A.")
	}
	p.caseInsensitive = r.IntN(3) == 0 && p.clause != clauseFuzzy && p.clause != clauseRegexp
	return p
}

func (r maker) node(depth int) node {
	if depth > 0 && r.IntN(2) == 0 {
		var list []node
		for range r.IntN(4) {
			list = append(list, r.node(depth-1))
		}
		switch r.IntN(4) {
		case 0:
			return and(list)
		case 1:
			return or(list)
		case 2:
			return atLeast{r.IntN(4), list}
		}
		return not{r.node(depth - 1)}
	}
	switch r.IntN(10) {
	case 0:
		return exists{r.field()}
	case 8:
		return r.pattern()
	case 1:
		return prefixed{r.field(), r.pick("", "a", "ab", "é")}
	case 2, 3:
		return span{field: r.field(), lower: r.bound(), upper: r.bound()}
	case 4:
		return ids{r.pick("1", "2"), r.pick("1", "2", "3")}
	case 5:
		return []node{all{}, none{}}[r.IntN(2)]
	}
	return term{r.field(), []byte(r.scalar())}
}

// Random queries match what the naive evaluator says, and what matches meets the condition that indexes go by.
func TestMatchNaive(t *testing.T) {
	r := maker{rand.New(rand.NewPCG(11, 12))}
	matched := 0
	for range 30000 {
		n, id, doc := r.node(3), r.pick("1", "2", "3", "4"), r.object(2)
		m, err := Compile(&Query{n}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := naive(n, id, decode([]byte(doc)).(map[string]any))
		if got := m.Match(id, []byte(doc)); got != want {
			t.Fatalf("%#v, document %s %s: %t, want %t", n, id, doc, got, want)
		}
		if want {
			matched++
		}
		if want && !meets(conditionOf(n), id, []byte(doc)) {
			t.Fatalf("%#v matches document %s %s, which does not meet %+v", n, id, doc, conditionOf(n))
		}
	}
	if matched < 5000 {
		t.Errorf("only %d matched", matched)
	}
}

// meets says whether a document meets a condition, by the keys that an index has of it.
func meets(c filter.Condition, id string, doc []byte) bool {
	each := func(c filter.Condition) bool { return meets(c, id, doc) }
	switch c.Op {
	case filter.Any:
		return true
	case filter.And:
		return !slices.ContainsFunc(c.List, func(c filter.Condition) bool { return !each(c) })
	case filter.Or:
		return slices.ContainsFunc(c.List, each)
	case filter.IDs:
		return slices.Contains(c.IDs, id)
	case filter.Values:
		return slices.ContainsFunc(indexKeys(doc, c.Field), func(key []byte) bool {
			return slices.ContainsFunc(c.Spans, func(s sortkey.Span) bool { return s.Contains(key) })
		})
	case filter.Words, filter.Phrase:
		return meetsWords(c, doc)
	case filter.Cells:
		return meetsCells(c, doc)
	}
	return false
}

// indexKeys returns the keys that an index has of a field.
func indexKeys(doc []byte, field string) (keys [][]byte) {
	var f fieldpath.Fields
	var v fieldpath.Values
	slot := f.Each(field)
	f.Collect(doc, &v)
	for _, value := range v.Of(slot) {
		if key, _, ok := sortkey.AppendCut(nil, value, sortkey.MostIndexed); ok {
			keys = append(keys, key)
		}
	}
	if keys == nil {
		keys = append(keys, sortkey.AppendMissing(nil))
	}
	return keys
}

// Random numbers are compared as math/big does.
func TestCompareNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	random := func() string {
		s := []string{"", "-"}[r.IntN(2)] + fmt.Sprint(r.Uint64N([]uint64{2, 100, 1 << 60, 1 << 63}[r.IntN(4)]))
		if r.IntN(2) == 0 {
			s += fmt.Sprintf(".%0*d", 1+r.IntN(19), r.Uint64N([]uint64{2, 100, 1 << 50}[r.IntN(3)]))
		}
		if r.IntN(4) == 0 {
			s += fmt.Sprintf("e%d", r.IntN(9)-4)
		}
		return s
	}
	for range 200000 {
		a, b := random(), random()
		if r.IntN(8) == 0 {
			b = a + []string{"0", ".0", "e0"}[r.IntN(3)]
			if _, err := rawjson.Compact([]byte(b), 1); err != nil {
				continue
			}
		}
		want, _ := naiveCompare(json.Number(a), json.Number(b))
		if got := newNumber([]byte(a)).compare([]byte(b)); got != want {
			t.Fatalf("%s and %s: %d, want %d", a, b, got, want)
		}
	}
}
