package kuzzlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kuzzlite/kuzzlite/internal/behaviour"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestMerge(t *testing.T) {
	for _, tt := range behaviour.Merges {
		for mode, want := range []string{tt.Elasticsearch, tt.Patch} {
			t.Run(fmt.Sprintf("%s/mode=%d", tt.Name, mode), func(t *testing.T) {
				changes := want != behaviour.Same
				if !changes {
					want = tt.Target
				}
				target, patch := []byte(tt.Target), rawjson.Compile([]byte(tt.Change))
				got, changed := mergeInto([]byte("dst"), target, patch, MergeMode(mode))
				if string(got) != "dst"+want || changed != changes {
					t.Errorf("%s into %s\n got %s, %v\nwant %s, %v", tt.Change, tt.Target, got, changed, want, changes)
				}
				if again, changed := mergeInto(nil, []byte(want), patch, MergeMode(mode)); changed || string(again) != want {
					t.Errorf("%s a second time: %s", tt.Change, again)
				}
				if string(target) != tt.Target {
					t.Errorf("the target is now %s", target)
				}
			})
		}
	}
}

func TestCombineNew(t *testing.T) {
	for _, tt := range behaviour.Creations {
		for rule, want := range map[CreateRule]string{
			DefaultsDeep: tt.DefaultsDeep, DefaultsShallow: tt.DefaultsShallow, ChangesShallow: tt.ChangesShallow,
			ChangesDeep: tt.ChangesDeep,
		} {
			got := combineNew([]byte("dst"), []byte(tt.Changes), []byte(tt.Default), rule, false)
			if string(got) != "dst"+want {
				t.Errorf("%s, rule %d:\n got %s\nwant %s", tt.Name, rule, got[3:], want)
			}
		}
	}
}

// Many keys on both sides, in any order, cost no quadratic time.
func TestMergeManyKeys(t *testing.T) {
	object := func(from, to, step int, value string) []byte {
		var members []string
		for i := from; i != to; i += step {
			members = append(members, fmt.Sprintf(`"key_%06d":{"v":%s}`, i, value))
		}
		return []byte("{" + strings.Join(members, ",") + "}")
	}
	for _, n := range []int{7, 8, 9, 10, 126, 127, 128, 129, 255, 256, 257, 50_000} {
		target, change := object(0, n, 1, "1"), object(n, -1, -1, "2")
		start := time.Now()
		got, changed := mergeInto(nil, target, rawjson.Compile(change), MergeElasticsearch)
		want := append(bytes.TrimSuffix(object(0, n, 1, "2"), []byte("}")), fmt.Sprintf(`,"key_%06d":{"v":2}}`, n)...)
		if !changed || !bytes.Equal(got, want) {
			t.Errorf("%d keys: got %.200s, %v", n, got, changed)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%d keys took %v", n, took)
		}
	}
}

// One patch may serve many merges at once.
func TestMergeSharedPatch(t *testing.T) {
	patch := rawjson.Compile([]byte(`{"a":{"b":1},"\u0063":[2]}`))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				got, _ := mergeInto(nil, []byte(`{"c":0,"a":{}}`), patch, MergeElasticsearch)
				if string(got) != `{"c":[2],"a":{"b":1}}` {
					t.Errorf("got %s", got)
				}
			}
		})
	}
	wg.Wait()
}

// naiveMerge is the twin on decoded values.
func naiveMerge(target, change any, mode MergeMode) any {
	c, ok := change.(map[string]any)
	if !ok {
		return change
	}
	t, ok := target.(map[string]any)
	if !ok {
		if mode == MergeElasticsearch {
			return change
		}
		t = map[string]any{}
	}
	for k, v := range c {
		old, present := t[k]
		switch {
		case mode == MergePatch && v == nil:
			delete(t, k)
		case present || mode == MergePatch:
			t[k] = naiveMerge(old, v, mode)
		default:
			t[k] = v
		}
	}
	return t
}

// naiveText is the twin on text, member by member: it also knows which bytes to expect.
func naiveText(target, change []byte, mode MergeMode) []byte {
	if change[0] != '{' || mode == MergeElasticsearch && target[0] != '{' {
		if rawjson.Equal(target, change) {
			return target
		}
		return change
	}
	var members []string
	seen := map[string]bool{}
	for k, v := range rawjson.Members(target) {
		name, _ := rawjson.Unquote(k)
		seen[name] = true
		if c, ok := rawjson.Lookup(change, name); ok {
			if mode == MergePatch && string(c) == "null" {
				continue
			}
			v = naiveText(v, c, mode)
		}
		members = append(members, string(k)+":"+string(v))
	}
	for k, v := range rawjson.Members(change) {
		if name, _ := rawjson.Unquote(k); seen[name] || mode == MergePatch && string(v) == "null" {
			continue
		}
		members = append(members, string(k)+":"+string(naiveText([]byte("null"), v, mode)))
	}
	return []byte("{" + strings.Join(members, ",") + "}")
}

func decode(t interface{ Fatal(...any) }, src []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// checkMerge compares one merge of compact objects with both twins.
func checkMerge(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, target, change []byte, mode MergeMode) {
	before := string(target)
	out, changed := mergeInto([]byte("x"), target, rawjson.Compile(change), mode)
	out = out[1:]
	if string(target) != before {
		t.Fatal("the target was changed")
	}
	want := encode(naiveMerge(decode(t, target), decode(t, change), mode))
	if bytes.Contains(want, []byte("\ufffd")) {
		return // the twins cannot hold lone surrogates
	}
	if !rawjson.Equal(out, want) {
		t.Fatalf("mode %d: %s into %s = %s, want the value of %s", mode, change, target, out, want)
	}
	if text := naiveText(target, change, mode); !bytes.Equal(out, text) {
		t.Fatalf("mode %d: %s into %s = %s, want the text %s", mode, change, target, out, text)
	}
	if changed == rawjson.Equal(target, want) || !changed && string(out) != before {
		t.Fatalf("mode %d: %s into %s = %s, changed %v", mode, change, target, out, changed)
	}
	if again, changed := mergeInto(nil, out, rawjson.Compile(change), mode); changed || !bytes.Equal(again, out) {
		t.Fatalf("mode %d: %s into %s, a second time: %s", mode, change, out, again)
	}
}

// checkCombine compares combineNew with the twin.
func checkCombine(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, changes, defaults []byte) {
	for rule := ChangesDeep; rule <= DefaultsShallow; rule++ {
		var want any
		c, d := decode(t, changes).(map[string]any), decode(t, defaults).(map[string]any)
		switch rule {
		case ChangesDeep:
			want = naiveMerge(d, c, MergeElasticsearch)
			patched := encode(naiveMerge(decode(t, defaults), c, MergePatch))
			got := combineNew(nil, changes, defaults, rule, true)
			if !bytes.Contains(patched, []byte("\ufffd")) && !rawjson.Equal(got, patched) {
				t.Fatalf("null removes: %s and %s = %s, want %s", changes, defaults, got, patched)
			}
		case DefaultsDeep:
			want = naiveMerge(c, d, MergeElasticsearch)
		case DefaultsShallow:
			maps.Copy(c, d)
			want = c
		default:
			maps.Copy(d, c)
			want = d
		}
		text := encode(want)
		if got := combineNew(nil, changes, defaults, rule, false); !bytes.Contains(text, []byte("\ufffd")) && !rawjson.Equal(got, text) {
			t.Fatalf("rule %d: %s and %s = %s, want %s", rule, changes, defaults, got, text)
		}
	}
}

// jsonObject draws objects that share enough keys and values for merges to meet.
func jsonObject() *rapid.Generator[string] {
	key := rapid.SampledFrom([]string{
		`"a"`, `"b"`, `"c"`, `"\u0061"`, `"a.b"`, `""`, `"é"`, `"\u00e9"`, `"\""`, `"longer key than eight"`, `"longer key than seven"`, `"k1"`, `"k2"`, `"k3"`, `"k4"`, `"k5"`,
	})
	leaf := rapid.SampledFrom([]string{
		`null`, `true`, `1`, `1.0`, `1.00`, `10e-1`, `-0`, `9007199254740993`, `""`, `"}"`, `"\\\""`, `"A"`, `"\u0041"`, `[]`, `[1,{"a":null}]`, `[1,{"a":[]}]`, `{}`,
	})
	var object func(depth int) *rapid.Generator[string]
	object = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			var members []string
			seen := map[string]bool{}
			for range rapid.IntRange(0, 12).Draw(t, "members") {
				k := key.Draw(t, "key")
				if name, _ := rawjson.Unquote([]byte(k)); seen[name] {
					continue
				} else {
					seen[name] = true
				}
				v := leaf.Draw(t, "leaf")
				if depth < 4 && rapid.Bool().Draw(t, "nested") {
					v = object(depth+1).Draw(t, "object")
				}
				members = append(members, k+":"+v)
			}
			return "{" + strings.Join(members, ",") + "}"
		})
	}
	return object(0)
}

func TestMergeRapid(t *testing.T) {
	object := jsonObject()
	rapid.Check(t, func(t *rapid.T) {
		target, change := []byte(object.Draw(t, "target")), []byte(object.Draw(t, "change"))
		checkMerge(t, target, change, MergeElasticsearch)
		checkMerge(t, target, change, MergePatch)
		checkCombine(t, target, change)
	})
}

func FuzzMerge(f *testing.F) {
	for _, s := range [][2]string{
		{`{"a":1,"b":{"c":[1,{"d":2}],"e":null}}`, `{"b":{"e":1,"c":null},"\u0061":1.0,"x":{"y":null}}`},
		{`{"a":1,"b":2,"c":3}`, `{"c":null,"a":null,"b":null}`},
		{`{"k1":{"k2":{"k3":"}\\\""}}}`, `{"k1":{"k2":{"k3":null,"k4":4}}}`},
		{`{"a":"0123456789abcdef0123456789abcdef\"","b":0}`, `{"b":{},"a":[]}`},
		{`{"a":[[[{}]]],"b":-0}`, `{"b":0,"c":1,"d":2,"e":3,"f":4,"g":5,"h":6,"i":7,"j":8,"k":9}`},
		{`{"a":`, `{"a"`},
	} {
		f.Add([]byte(s[0]), []byte(s[1]))
	}
	f.Fuzz(func(t *testing.T, target, change []byte) {
		for mode := MergeElasticsearch; mode <= MergePatch; mode++ {
			mergeInto(nil, target, rawjson.Compile(change), mode) // no panic, whatever comes
		}
		for rule := ChangesDeep; rule <= DefaultsShallow; rule++ {
			combineNew(nil, target, change, rule, false)
			combineNew(nil, target, change, rule, true)
		}
		target, err1 := rawjson.Compact(target, 0)
		change, err2 := rawjson.Compact(change, 0)
		if err1 != nil || err2 != nil || target[0] != '{' || change[0] != '{' || !utf8.Valid(target) {
			return
		}
		checkMerge(t, target, change, MergeElasticsearch)
		checkMerge(t, target, change, MergePatch)
		checkCombine(t, target, change)
	})
}

func BenchmarkMerge(b *testing.B) {
	target := mergeTarget(1 << 10)
	change := []byte(`{"location":{"site":{"floor":4}},"battery":{"level":86},"schema":8,"owner":{"email":"noc@example.org"}}`)
	noop := []byte(`{"location":{"site":{"floor":3}},"battery":{"level":87},"schema":7}`)
	b.Run("size=1KiB/leaves=4", func(b *testing.B) { benchmarkMerge(b, target, change) })
	b.Run("size=1KiB/noop", func(b *testing.B) { benchmarkMerge(b, target, noop) })
	b.Run("size=64KiB/leaves=4", func(b *testing.B) { benchmarkMerge(b, mergeTarget(64<<10), change) })
}

func benchmarkMerge(b *testing.B, target, change []byte) {
	b.Run("pooled", func(b *testing.B) {
		var p rawjson.Patch
		out := make([]byte, 0, len(target)+len(change))
		b.ReportAllocs()
		for b.Loop() {
			p.Reset(change)
			out, _ = mergeInto(out[:0], target, &p, MergeElasticsearch)
		}
	})
	b.Run("fresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mergeInto(make([]byte, 0, len(target)+len(change)), target, rawjson.Compile(change), MergeElasticsearch)
		}
	})
	b.Run("twin", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var t, c any
			json.Unmarshal(target, &t)
			json.Unmarshal(change, &c)
			encode(naiveMerge(t, c, MergeElasticsearch))
		}
	})
}

// mergeTarget is a plausible document with about size bytes, most of them in readings.
func mergeTarget(size int) []byte {
	const (
		head = `{"name":"Sensor 17","active":true,"serial":"AX-2291-77","location":{"lat":48.856613,"lon":2.352222,` +
			`"site":{"building":"B2","floor":3,"room":"2.14"}},"tags":["temperature","humidity","co2","indoor"],"readings":[`
		tail = `],"battery":{"level":87,"voltage":3.71,"charging":false},"owner":{"id":"u-8812","email":"ops@example.org","groups":["ops","eu"]},` +
			`"notes":"Mounted above the door; see ticket \"4411\".","network":{"ip":"10.20.30.40","rssi":-61},"schema":7}`
	)
	doc := []byte(head)
	for i := 0; len(doc)+len(tail) < size; i++ {
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = fmt.Appendf(doc, `{"type":"temperature","unit":"C","value":%d.5,"at":1718000%06d}`, i%40, i)
	}
	return append(doc, tail...)
}
