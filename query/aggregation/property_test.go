package aggregation_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each aggregation against its definition, computed in the most direct way on random documents.

// model is a document, decoded.
type model struct {
	K []string  `json:"k,omitempty"`
	L []int64   `json:"l,omitempty"`
	X []float64 `json:"x,omitempty"`
	D []int64   `json:"d,omitempty"`
	B []bool    `json:"b,omitempty"`
	O []inner   `json:"o,omitempty"`
}

type inner struct {
	K []string `json:"k,omitempty"`
	L []int64  `json:"l,omitempty"`
}

func several[T any](r *rand.Rand, most int, make func() T) (list []T) {
	for range r.IntN(most + 1) {
		list = append(list, make())
	}
	return list
}

func randomModel(r *rand.Rand) model {
	word := func() string { return string(rune('a' + r.IntN(6))) }
	number := func() int64 { return int64(r.IntN(60) - 20) }
	return model{
		K: several(r, 3, word), L: several(r, 3, number), B: several(r, 1, func() bool { return r.IntN(2) == 0 }),
		X: several(r, 2, func() float64 { return math.Round(r.NormFloat64()*1000) / 64 }),
		D: several(r, 2, func() int64 { return 1_700_000_000_000 + r.Int64N(60*86_400_000) }),
		O: several(r, 3, func() inner { return inner{several(r, 2, word), several(r, 2, number)} }),
	}
}

// groups are the documents by a key: those of a document each once.
func groups[K comparable](docs []model, keys func(model) []K) map[K][]model {
	out := map[K][]model{}
	for _, d := range docs {
		seen := map[K]bool{}
		for _, k := range keys(d) {
			if !seen[k] {
				seen[k] = true
				out[k] = append(out[k], d)
			}
		}
	}
	return out
}

func all[T any](docs []model, of func(model) []T) (list []T) {
	for _, d := range docs {
		list = append(list, of(d)...)
	}
	return list
}

func total(list []int64) (sum float64) {
	for _, n := range list {
		sum += float64(n)
	}
	return sum
}

func longs(d model) []int64 { return d.L }

type object = map[string]any

// value is {"value": n}, as JSON has it.
func value(n float64) object {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return object{"value": nil}
	}
	return object{"value": n}
}

// listed is a list of buckets.
func listed(list []any) object {
	if list == nil {
		list = []any{}
	}
	return object{"buckets": list}
}

// naive are aggregations with their definitions.
var naive = []struct {
	aggs string
	want func(docs []model) any
}{
	{`"min":{"field":"l"}`, func(docs []model) any {
		least := math.Inf(1)
		for _, n := range all(docs, longs) {
			least = min(least, float64(n))
		}
		return value(least)
	}},
	{`"max":{"field":"x","missing":7}`, func(docs []model) any {
		most := math.Inf(-1)
		for _, d := range docs {
			if len(d.X) == 0 {
				most = max(most, 7)
			}
			for _, n := range d.X {
				most = max(most, n)
			}
		}
		return value(most)
	}},
	{`"avg":{"field":"l"}`, func(docs []model) any {
		list := all(docs, longs)
		return value(total(list) / float64(len(list)))
	}},
	{`"value_count":{"field":"k"}`, func(docs []model) any {
		n := 0
		for _, list := range groups(docs, func(d model) []string { return d.K }) {
			n += len(list)
		}
		return value(float64(n))
	}},
	{`"cardinality":{"field":"l"}`, func(docs []model) any {
		return value(float64(len(groups(docs, longs))))
	}},
	{`"extended_stats":{"field":"l","sigma":3}`, naiveStats},
	{`"percentiles":{"field":"l","percents":[0,12.5,50,100]}`, func(docs []model) any {
		list := all(docs, longs)
		slices.Sort(list)
		out := object{}
		for _, p := range []float64{0, 12.5, 50, 100} {
			name := strings.TrimSuffix(fmt.Sprintf("%.1f", p), "")
			if out[name] = nil; len(list) > 0 {
				at := p / 100 * float64(len(list)-1)
				lower, upper := list[int(math.Floor(at))], list[int(math.Ceil(at))]
				out[name] = float64(lower) + (at-math.Floor(at))*float64(upper-lower)
			}
		}
		return object{"values": out}
	}},
	{`"terms":{"field":"k","size":3},"aggs":{"s":{"sum":{"field":"l"}}}`, func(docs []model) any {
		byKey := groups(docs, func(d model) []string { return d.K })
		keys := slices.SortedFunc(maps.Keys(byKey), func(a, b string) int {
			return cmp.Or(cmp.Compare(len(byKey[b]), len(byKey[a])), cmp.Compare(a, b))
		})
		list, others := []any{}, 0
		for i, k := range keys {
			if i >= 3 {
				others += len(byKey[k])
				continue
			}
			sum := value(total(all(byKey[k], longs)))
			list = append(list, object{"key": k, "doc_count": float64(len(byKey[k])), "s": sum})
		}
		return object{"doc_count_error_upper_bound": 0.0, "sum_other_doc_count": float64(others), "buckets": list}
	}},
	{`"terms":{"field":"l","size":100,"order":{"m":"desc"},"exclude":[1,2]},"aggs":{"m":{"avg":{"field":"x"}}}`,
		func(docs []model) any {
			byKey := groups(docs, func(d model) []int64 {
				return slices.DeleteFunc(slices.Clone(d.L), func(n int64) bool { return n == 1 || n == 2 })
			})
			mean := func(k int64) float64 {
				sum, list := 0.0, all(byKey[k], func(d model) []float64 { return d.X })
				for _, n := range list {
					sum += n
				}
				return sum / float64(len(list))
			}
			keys := slices.SortedFunc(maps.Keys(byKey), func(a, b int64) int {
				x, y := mean(a), mean(b)
				switch {
				case math.IsNaN(x) && math.IsNaN(y) || x == y:
					return cmp.Compare(a, b)
				case math.IsNaN(x):
					return 1
				case math.IsNaN(y):
					return -1
				}
				return cmp.Compare(y, x)
			})
			list := []any{}
			for _, k := range keys {
				list = append(list, object{"key": float64(k), "doc_count": float64(len(byKey[k])), "m": value(mean(k))})
			}
			return object{"doc_count_error_upper_bound": 0.0, "sum_other_doc_count": 0.0, "buckets": list}
		}},
	{`"rare_terms":{"field":"l","max_doc_count":2}`, func(docs []model) any {
		byKey := groups(docs, longs)
		keys := slices.SortedFunc(maps.Keys(byKey), func(a, b int64) int {
			return cmp.Or(cmp.Compare(len(byKey[a]), len(byKey[b])), cmp.Compare(a, b))
		})
		list := []any{}
		for _, k := range keys {
			if n := len(byKey[k]); n <= 2 {
				list = append(list, object{"key": float64(k), "doc_count": float64(n)})
			}
		}
		return listed(list)
	}},
	{`"range":{"field":"l","ranges":[{"to":0},{"from":-5,"to":10,"key":"x"},{"from":10}]}`, func(docs []model) any {
		count := func(from, to float64) (n float64) {
			for _, d := range docs {
				if slices.ContainsFunc(d.L, func(n int64) bool { return from <= float64(n) && float64(n) < to }) {
					n++
				}
			}
			return n
		}
		return listed([]any{
			object{"key": "*-0.0", "to": 0.0, "doc_count": count(math.Inf(-1), 0)},
			object{"key": "x", "from": -5.0, "to": 10.0, "doc_count": count(-5, 10)},
			object{"key": "10.0-*", "from": 10.0, "doc_count": count(10, math.Inf(1))},
		})
	}},
	{`"histogram":{"field":"x","interval":2.5,"offset":1},"aggs":{"c":{"cumulative_sum":{"buckets_path":"_count"}}}`,
		func(docs []model) any {
			byKey := groups(docs, func(d model) (keys []float64) {
				for _, x := range d.X {
					keys = append(keys, math.Floor((x-1)/2.5))
				}
				return keys
			})
			if len(byKey) == 0 {
				return listed(nil)
			}
			keys := slices.Sorted(maps.Keys(byKey))
			list, sum := []any{}, 0.0
			for k := keys[0]; k <= keys[len(keys)-1]; k++ {
				sum += float64(len(byKey[k]))
				list = append(list, object{"key": k*2.5 + 1, "doc_count": float64(len(byKey[k])), "c": value(sum)})
			}
			return listed(list)
		}},
	{`"date_histogram":{"field":"d","calendar_interval":"day","time_zone":"-03:00","min_doc_count":1,"format":"yyyy-MM-dd"}`,
		func(docs []model) any {
			zone := time.FixedZone("", -3*3600)
			byKey := groups(docs, func(d model) (keys []int64) {
				for _, ms := range d.D {
					y, m, day := time.UnixMilli(ms).In(zone).Date()
					keys = append(keys, time.Date(y, m, day, 0, 0, 0, 0, zone).UnixMilli())
				}
				return keys
			})
			list := []any{}
			for _, k := range slices.Sorted(maps.Keys(byKey)) {
				name := time.UnixMilli(k).In(zone).Format(time.DateOnly)
				list = append(list, object{"key_as_string": name, "key": float64(k), "doc_count": float64(len(byKey[k]))})
			}
			return listed(list)
		}},
	{`"filters":{"filters":[{"term":{"k":"a"}},{"range":{"l":{"gte":0}}}],"other_bucket":true}`, func(docs []model) any {
		counts := [3]float64{}
		for _, d := range docs {
			a, b := slices.Contains(d.K, "a"), slices.ContainsFunc(d.L, func(n int64) bool { return n >= 0 })
			for i, is := range []bool{a, b, !a && !b} {
				if is {
					counts[i]++
				}
			}
		}
		return listed([]any{object{"doc_count": counts[0]}, object{"doc_count": counts[1]}, object{"doc_count": counts[2]}})
	}},
	{`"missing":{"field":"b"},"aggs":{"n":{"value_count":{"field":"l"}}}`, func(docs []model) any {
		without := slices.DeleteFunc(slices.Clone(docs), func(d model) bool { return len(d.B) > 0 })
		return object{"doc_count": float64(len(without)), "n": value(float64(len(all(without, longs))))}
	}},
	{`"nested":{"path":"o"},"aggs":{"f":{"filter":{"term":{"o.k":"b"}},"aggs":{"s":{"sum":{"field":"o.l"}},` +
		`"r":{"reverse_nested":{},"aggs":{"n":{"value_count":{"field":"l"}}}}}}}`, func(docs []model) any {
		n, found, outer, sum, values := 0.0, 0.0, 0.0, 0.0, 0.0
		for _, d := range docs {
			has := false
			for _, o := range d.O {
				if n++; slices.Contains(o.K, "b") {
					found, sum, has = found+1, sum+total(o.L), true
				}
			}
			if has {
				outer, values = outer+1, values+float64(len(d.L))
			}
		}
		return object{"doc_count": n, "f": object{
			"doc_count": found, "s": value(sum), "r": object{"doc_count": outer, "n": value(values)},
		}}
	}},
	{`"top_hits":{"size":2,"sort":[{"l":{"order":"desc"}}],"_source":false}`, func(docs []model) any {
		order := make([]int, len(docs))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			x, y := docs[a].L, docs[b].L
			if len(x) == 0 || len(y) == 0 {
				return cmp.Compare(min(1, len(y)), min(1, len(x)))
			}
			return cmp.Compare(slices.Max(y), slices.Max(x))
		})
		hits := []any{}
		for _, i := range order[:min(2, len(order))] {
			most := float64(math.MinInt64)
			if len(docs[i].L) > 0 {
				most = float64(slices.Max(docs[i].L))
			}
			hits = append(hits, object{"_id": fmt.Sprint("d", i), "_score": nil, "sort": []any{most}})
		}
		return object{"hits": object{
			"total": object{"value": float64(len(docs)), "relation": "eq"}, "max_score": nil, "hits": hits,
		}}
	}},
}

// naiveStats is extended_stats with a sigma of 3.
func naiveStats(docs []model) any {
	list := all(docs, longs)
	n := float64(len(list))
	if n == 0 {
		none := object{
			"upper": nil, "lower": nil, "upper_population": nil, "lower_population": nil, "upper_sampling": nil,
			"lower_sampling": nil,
		}
		return object{
			"count": 0.0, "min": nil, "max": nil, "avg": nil, "sum": 0.0, "sum_of_squares": nil, "variance": nil,
			"variance_population": nil, "variance_sampling": nil, "std_deviation": nil, "std_deviation_population": nil,
			"std_deviation_sampling": nil, "std_deviation_bounds": none,
		}
	}
	mean, squares, spread := total(list)/n, 0.0, 0.0
	for _, v := range list {
		squares += float64(v * v)
		spread += (float64(v) - mean) * (float64(v) - mean)
	}
	orNaN := func(v float64) any {
		if math.IsNaN(v) {
			return "NaN"
		}
		return v
	}
	p, s := spread/n, spread/(n-1)
	return object{
		"count": n, "min": float64(slices.Min(list)), "max": float64(slices.Max(list)), "avg": mean, "sum": total(list),
		"sum_of_squares": squares, "variance": p, "variance_population": p, "variance_sampling": orNaN(s),
		"std_deviation": math.Sqrt(p), "std_deviation_population": math.Sqrt(p), "std_deviation_sampling": orNaN(math.Sqrt(s)),
		"std_deviation_bounds": object{
			"upper": mean + 3*math.Sqrt(p), "lower": mean - 3*math.Sqrt(p), "upper_population": mean + 3*math.Sqrt(p),
			"lower_population": mean - 3*math.Sqrt(p), "upper_sampling": orNaN(mean + 3*math.Sqrt(s)),
			"lower_sampling": orNaN(mean - 3*math.Sqrt(s)),
		},
	}
}

func TestDefinitions(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		var docs []model
		var sources []string
		for range r.IntN(40) {
			d := randomModel(r)
			raw, _ := json.Marshal(d)
			docs, sources = append(docs, d), append(sources, string(raw))
		}
		for _, c := range naive {
			answer, err := collect(types, `{"a":{`+c.aggs+`}}`, nil, sources...)
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, c.aggs, err)
			}
			var got object
			if err := json.Unmarshal([]byte(answer), &got); err != nil {
				t.Fatalf("seed %d: %v: %s", seed, err, answer)
			}
			if want := c.want(docs); !same(any(want), got["a"]) {
				text, _ := json.Marshal(want)
				t.Fatalf("seed %d: %s over\n%s\ngot  %s\nwant %s", seed, c.aggs, strings.Join(sources, "\n"), answer, text)
			}
		}
	}
}

// Pages of composite, put together, are all combinations, each once, in order.
func TestCompositePages(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		var sources []string
		counts := map[string]int{}
		for range r.IntN(40) {
			d := randomModel(r)
			raw, _ := json.Marshal(d)
			sources = append(sources, string(raw))
			for pair := range naivePairs(d) {
				counts[pair]++
			}
		}
		got, after, last := map[string]int{}, "", ""
		for {
			answer, err := collect(types, `{"a":{"composite":{"size":7,`+after+`"sources":[
				{"k":{"terms":{"field":"k","order":"desc"}}},{"l":{"terms":{"field":"l","missing_bucket":true}}}]}}}`, nil, sources...)
			if err != nil {
				t.Fatal(err)
			}
			var page struct {
				A struct {
					AfterKey json.RawMessage `json:"after_key"`
					Buckets  []struct {
						Key struct {
							K string
							L *int64
						}
						DocCount int `json:"doc_count"`
					}
				}
			}
			if err := json.Unmarshal([]byte(answer), &page); err != nil {
				t.Fatal(err)
			}
			for _, b := range page.A.Buckets {
				order := fmt.Sprintf("%c", 255-b.Key.K[0])
				name := b.Key.K + " null"
				if b.Key.L != nil {
					order += fmt.Sprintf(" %03d", *b.Key.L+500)
					name = fmt.Sprint(b.Key.K, " ", *b.Key.L)
				}
				if order <= last {
					t.Fatalf("seed %d: %s is not behind the last one", seed, name)
				}
				last = order
				got[name] = b.DocCount
			}
			if len(page.A.Buckets) < 7 {
				break
			}
			after = `"after":` + string(page.A.AfterKey) + `,`
		}
		if !maps.Equal(got, counts) {
			t.Fatalf("seed %d: %v, want %v", seed, got, counts)
		}
	}
}

// naivePairs returns the combinations of k and l of a document.
func naivePairs(d model) map[string]bool {
	pairs := map[string]bool{}
	for _, k := range d.K {
		if len(d.L) == 0 {
			pairs[k+" null"] = true
		}
		for _, l := range d.L {
			pairs[fmt.Sprint(k, " ", l)] = true
		}
	}
	return pairs
}

// What is estimated is near enough: percentiles within 1 % of rank, cardinalities within 2 %.
func TestEstimates(t *testing.T) {
	const n = 50_000
	r := rand.New(rand.NewPCG(1, 3))
	docs, values := make([]string, n), make([]float64, n)
	for i := range docs {
		values[i] = math.Exp(r.NormFloat64() * 3)
		docs[i] = fmt.Sprintf(`{"x":%v,"l":%d}`, values[i], r.Uint64N(20_000))
	}
	answer, err := collect(types, `{"p":{"percentiles":{"field":"x"}},
		"r":{"percentile_ranks":{"field":"x","values":[0.1,1,10]}},"c":{"cardinality":{"field":"l"}},"all":{"cardinality":{"field":"x"}}}`, nil, docs...)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		P, R   struct{ Values map[string]float64 }
		C, All struct{ Value float64 }
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	slices.Sort(values)
	rank := func(v float64) float64 {
		at, _ := slices.BinarySearch(values, v)
		return 100 * float64(at) / n
	}
	for name, v := range got.P.Values {
		var p float64
		_, _ = fmt.Sscan(name, &p)
		if math.Abs(rank(v)-p) > 1 {
			t.Errorf("percentile %v is %v, of rank %v", p, v, rank(v))
		}
	}
	for name, p := range got.R.Values {
		var v float64
		_, _ = fmt.Sscan(name, &v)
		if math.Abs(rank(v)-p) > 1 {
			t.Errorf("the rank of %v is %v, want %v", v, p, rank(v))
		}
	}
	if math.Abs(got.C.Value-18_358) > 0.02*18_358 { // 20,000 · (1 - e^-2.5)
		t.Errorf("cardinality %v", got.C.Value)
	}
	if math.Abs(got.All.Value-n) > 0.02*n {
		t.Errorf("cardinality %v, want %d", got.All.Value, n)
	}
}
