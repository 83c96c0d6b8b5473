package query

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// orderedBy returns documents in an order; of two that are equal the first stays first.
func orderedBy(t *testing.T, o *Order, docs []string) []string {
	t.Helper()
	order, err := o.Order(filter.Env{})
	if err != nil {
		t.Fatal(err)
	}
	key := func(doc string) string { return string(order.AppendKey(nil, "", []byte(doc))) }
	docs = slices.Clone(docs)
	slices.SortStableFunc(docs, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	return docs
}

func TestByDistance(t *testing.T) {
	far, near := `{"at":[10,0]}`, `{"at":{"lat":0.1,"lon":0}}`
	both, here := `{"at":["80,0","0,0.2"]}`, `{"at":"0,0"}`
	missing, null, text := `{}`, `{"at":null}`, `{"at":"somewhere"}`
	docs := []string{missing, far, null, both, near, text, here}
	want := []string{here, near, both, far, missing, null, text}
	if got := orderedBy(t, ByDistance("at", 0, 0), docs); !slices.Equal(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	first := ByDistance("at", 0, 0).MissingFirst()
	want = []string{missing, null, text, here, near, both, far}
	if got := orderedBy(t, first, docs); !slices.Equal(got, want) {
		t.Errorf("missing first: %s, want %s", got, want)
	}
}

// Keys have the order of the distances, and none is the beginning of another.
func TestByDistanceRandom(t *testing.T) {
	r := maker{rand.New(rand.NewPCG(41, 42))}
	o, err := ByDistance("at", 3.5, -7).Order(filter.Env{})
	if err != nil {
		t.Fatal(err)
	}
	key := func(doc string) (string, float64) {
		nearest := math.Inf(1)
		for _, p := range naivePoints(decode([]byte(doc)), []string{"at"}) {
			nearest = min(nearest, geo.Distance(geo.Point{Lat: 3.5, Lon: -7}, p))
		}
		return string(o.AppendKey(nil, "", []byte(doc))), nearest
	}
	for range 5000 {
		a, b := `{"at":`+r.places()+`}`, `{"at":`+r.places()+`}`
		keyA, distanceA := key(a)
		keyB, distanceB := key(b)
		if (keyA < keyB) != (distanceA < distanceB) || keyA != keyB && strings.HasPrefix(keyA, keyB) {
			t.Fatalf("%s %x %v, %s %x %v", a, keyA, distanceA, b, keyB, distanceB)
		}
	}
}

func TestByDistanceFaulty(t *testing.T) {
	nowhere := ByDistance("a", 0, math.NaN()).MissingFirst()
	for _, o := range []*Order{ByDistance("", 0, 0), ByDistance("a", 91, 0), nowhere} {
		if _, err := o.Order(filter.Env{}); !errors.Is(err, ErrInvalid) {
			t.Errorf("error %v", err)
		}
	}
}

func TestByDistanceAllocates(t *testing.T) {
	o, err := ByDistance("at", 0, 0).Order(filter.Env{})
	if err != nil {
		t.Fatal(err)
	}
	doc, key := []byte(pinned), make([]byte, 0, 64)
	if withRace {
		t.Skip("the race detector empties pools")
	}
	if n := testing.AllocsPerRun(100, func() { o.AppendKey(key, "", doc) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
