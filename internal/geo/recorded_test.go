package geo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordings is a directory beside the checkout with answers of a Kuzzle server to searches, which is optional.
var recordings = filepath.Join("..", "..", "testdata", "kuzzle", "search")

// lines calls f with each line of a file of recordings.
func lines(t *testing.T, name string, f func(line []byte)) {
	t.Helper()
	file, err := os.Open(filepath.Join(recordings, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		f(s.Bytes())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}

// A step is a recorded request with its answer.
type step struct {
	Request struct {
		Body struct {
			Query map[string]json.RawMessage
			Sort  json.RawMessage
		}
		Size int
	}
	Response struct {
		Status int
		Result struct {
			Total, Count int
			Hits         []struct {
				ID string `json:"_id"`
			}
		}
		Error struct{ Message string }
	}
}

// recorded searches are compared on two data sets, of which each has one field with points.
var pointsOf = map[string][]string{"quakes": {"location", "point"}, "shop": {"supplier", "point"}}

func TestRecorded(t *testing.T) {
	docs := map[string]map[string][]Point{}
	for set, path := range pointsOf {
		docs[set] = documents(t, set, path)
	}
	compared := 0
	for _, name := range []string{"geo.jsonl", "koncorde.jsonl", "count.jsonl", "errors-query.jsonl"} {
		lines(t, name, func(line []byte) {
			var scenario struct {
				Name, Dataset string
				Steps         []step
			}
			if !bytes.Contains(line, []byte("geo")) {
				return
			}
			if err := json.Unmarshal(line, &scenario); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, s := range scenario.Steps {
				if compare(t, scenario.Name, s, docs[scenario.Dataset], strings.Join(pointsOf[scenario.Dataset], ".")) {
					compared++
				}
			}
		})
	}
	if compared < 35 {
		t.Errorf("only %d searches compared", compared)
	}
}

// documents returns the points of all documents of a data set.
func documents(t *testing.T, set string, path []string) map[string][]Point {
	docs := map[string][]Point{}
	lines(t, filepath.Join("datasets", set+".jsonl"), func(line []byte) {
		var doc struct {
			ID   string `json:"_id"`
			Body json.RawMessage
		}
		if err := json.Unmarshal(line, &doc); err != nil || doc.ID == "" {
			return // the mapping
		}
		value := doc.Body
		for _, name := range path {
			var object map[string]json.RawMessage
			if json.Unmarshal(value, &object) != nil {
				break
			}
			if value = object[name]; value == nil {
				value = json.RawMessage("null")
			}
		}
		points, err := Points(nil, "point", value, false)
		if err != nil {
			t.Errorf("%s: %v", doc.ID, err)
		}
		docs[doc.ID] = points
	})
	return docs
}

// compare makes the shape of a search that is about a shape alone, and compares what it contains with the answer.
func compare(t *testing.T, name string, s step, docs map[string][]Point, field string) bool {
	t.Helper()
	contains, ours, err := shape(t, s.Request.Body.Query, field)
	if !ours {
		return false
	}
	if s.Response.Status != 200 {
		if !strings.Contains(s.Response.Error.Message, text(err)) || err == nil {
			t.Errorf("%s: %q, not %q", name, text(err), s.Response.Error.Message)
		}
		return true
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return true
	}
	found := map[string]bool{}
	for id, points := range docs {
		if slices.ContainsFunc(points, contains) {
			found[id] = true
		}
	}
	r := s.Response.Result
	if total := r.Total + r.Count; len(found) != total {
		t.Errorf("%s: %d found, not %d", name, len(found), total)
	}
	for _, hit := range r.Hits {
		if !found[hit.ID] {
			t.Errorf("%s: %s was not found", name, hit.ID)
		}
	}
	return true
}

var options = []string{"distance", "distance_type", "validation_method", "ignore_unmapped", "boost"}

// shape returns what the shape of a query contains. It is not ours if the query is about something else as well, or if
// what is wrong with it is up to the query language.
func shape(
	t *testing.T, query map[string]json.RawMessage, field string,
) (contains func(Point) bool, ours bool, err error) {
	t.Helper()
	if len(query) != 1 {
		return nil, false, nil
	}
	for clause, raw := range query {
		var args map[string]json.RawMessage
		if json.Unmarshal(raw, &args) != nil || args[field] == nil {
			return nil, false, nil
		}
		for arg := range args {
			if arg != field && !slices.Contains(options, arg) {
				return nil, false, nil
			}
		}
		method, _ := ParseValidation(strings.Trim(string(args["validation_method"]), `"`))
		switch clause {
		case "geo_distance", "geoDistance":
			contains, err := circle(args[field], args["distance"], method)
			return contains, true, err
		case "geo_bounding_box", "geoBoundingBox":
			c, err := ParseBox(args[field])
			if err != nil {
				return nil, true, err
			}
			b, err := NewBox(c, method)
			return b.Contains, true, err
		case "geo_polygon", "geoPolygon":
			var of struct{ Points json.RawMessage }
			if err := json.Unmarshal(args[field], &of); err != nil {
				t.Fatal(err)
			}
			points, err := ParsePolygon(of.Points)
			if err != nil {
				return nil, true, err
			}
			g, err := NewPolygon(points, method)
			return g.Contains, true, err
		}
	}
	return nil, false, nil
}

func circle(at, distance json.RawMessage, method Validation) (func(Point) bool, error) {
	meters, err := ParseDistance(strings.Trim(string(distance), `"`), Meter)
	if err != nil {
		return nil, err
	}
	centre, err := ParseCentre("location.point", at)
	if err != nil {
		return nil, err
	}
	c, err := NewCircle(centre, meters, method)
	return c.Contains, err
}

// Hits sorted by distance must have the distances that the best documents have, in their order.
func TestRecordedSorts(t *testing.T) {
	docs := map[string]map[string][]Point{}
	for set, path := range pointsOf {
		docs[set] = documents(t, set, path)
	}
	compared := 0
	lines(t, "sort.jsonl", func(line []byte) {
		var scenario struct {
			Name, Dataset string
			Steps         []step
		}
		if !bytes.Contains(line, []byte(`[{"_geo_distance"`)) || json.Unmarshal(line, &scenario) != nil {
			return
		}
		for _, s := range scenario.Steps {
			var sorts []struct {
				By map[string]json.RawMessage `json:"_geo_distance"`
			}
			if len(s.Request.Body.Query) > 0 || json.Unmarshal(s.Request.Body.Sort, &sorts) != nil {
				continue
			}
			by, field := sorts[0].By, strings.Join(pointsOf[scenario.Dataset], ".")
			from, err := Parse(by[field])
			if err != nil {
				t.Fatal(err)
			}
			compareSort(t, scenario.Name, s, docs[scenario.Dataset], func(points []Point) float64 {
				return sortValue(from, points, by)
			}, string(by["order"]) == `"desc"`)
			compared++
		}
	})
	if compared < 5 {
		t.Errorf("only %d sorts compared", compared)
	}
}

// sortValue returns the distance that counts of a document with points.
func sortValue(from Point, points []Point, by map[string]json.RawMessage) float64 {
	distance := Distance
	if string(by["distance_type"]) == `"plane"` {
		distance = PlaneDistance
	}
	var all []float64
	sum := 0.0
	for _, p := range points {
		all = append(all, distance(from, p))
		sum += distance(from, p)
	}
	switch {
	case len(all) == 0:
		return math.Inf(1)
	case string(by["mode"]) == `"avg"`:
		return sum / float64(len(all))
	case string(by["order"]) == `"desc"`:
		return slices.Max(all)
	}
	return slices.Min(all)
}

func compareSort(
	t *testing.T, name string, s step, docs map[string][]Point, value func([]Point) float64, descending bool,
) {
	t.Helper()
	var want []float64
	for _, points := range docs {
		want = append(want, value(points))
	}
	slices.Sort(want)
	if descending {
		slices.Reverse(want)
	}
	for i, hit := range s.Response.Result.Hits {
		if got := value(docs[hit.ID]); got != want[i] {
			t.Errorf("%s: hit %d, %s, is %f m away, and not %f", name, i, hit.ID, got, want[i])
		}
	}
}
