package query

import (
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// meetsCells says whether a document meets a condition on places, by the cells that an index would have.
func meetsCells(c filter.Condition, doc []byte) bool {
	var f fieldpath.Fields
	var v fieldpath.Values
	slot := f.Plain(c.Field)
	f.Collect(doc, &v)
	var list []uint64
	for _, value := range v.Of(slot) {
		list = language{}.AppendCells(list, value)
	}
	covering := c.Covering()
	return slices.ContainsFunc(list, func(cell uint64) bool {
		return slices.ContainsFunc(covering, func(r filter.CellRange) bool { return r.First <= cell && cell <= r.Last })
	})
}

// Conditions on places are narrow, and where it is not sure what an index has they say nothing.
func TestGeoConditions(t *testing.T) {
	schema, err := ParseMapping([]byte(placesMapping))
	if err != nil {
		t.Fatal(err)
	}
	koncorde := func(text string) *Query {
		q, err := ParseKoncorde([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	here := func(field string) *Query { return Near(field, 48.8, 2.3, "1km") }
	paris, nome, turned := `[2.3,48.8]`, `{"lat":64.5,"lon":-165.4}`, `[48.8,2.3]`
	for name, tt := range map[string]struct {
		q          *Query
		meet, fail string // documents; "": none fails, as nothing is known
	}{
		"near":              {here("at"), `{"at":` + paris + `}`, `{"at":` + nome + `}`},
		"one of several":    {here("at"), `{"at":[` + nome + `,"48.8,2.3"]}`, `{"other":` + paris + `}`},
		"in a nested one":   {Nested("v", here("v.at")), `{"v":[{"at":` + paris + `}]}`, `{"v":{"at":` + nome + `}}`},
		"box":               {InBox("at", 48, 179, 49, -179), `{"at":"48.5,179.5"}`, `{"at":"48.5,178"}`},
		"polygon":           {InPolygon("at", [2]float64{48, 2}, [2]float64{49, 2}, [2]float64{49, 3}), `{"at":"48.8,2.1"}`, `{"at":"48.2,2.9"}`},
		"not":               {Not(here("at")), `{"at":` + nome + `}`, ``},
		"mapped":            {Mapped(here("at"), schema), `{"at":` + paris + `}`, `{"at":` + nome + `}`},
		"copied":            {Mapped(here("any"), schema), `{"at":` + paris + `}`, `{"at":` + nome + `}`},
		"nested by mapping": {Mapped(Nested("v", here("v.at")), schema), `{"v":{"at":"48.8,2.3"}}`, `{"v":{"at":` + nome + `}}`},
		"a point for null":  {Mapped(here("home"), schema), `{"home":null}`, ``},
		"id":                {koncorde(`{"geoDistance":{"_id":[48.8,2.3],"distance":"1km"}}`), `{}`, ``},
		"Koncorde's pair":   {koncorde(`{"geoDistance":{"at":[48.8,2.3],"distance":"1km"}}`), `{"at":` + turned + `}`, `{"at":` + nome + `}`},
		"Koncorde's ring":   {koncorde(`{"geoDistanceRange":{"at":[48.8,2.3],"from":"1m","to":"1km"}}`), `{"at":` + turned + `}`, `{"at":` + nome + `}`},
		"Koncorde's box":    {koncorde(`{"geoBoundingBox":{"at":{"top":49,"left":2,"bottom":48,"right":3}}}`), `{"at":"48.8,2.3"}`, `{"at":` + nome + `}`},
		"off the earth":     {koncorde(`{"geoBoundingBox":{"at":{"top":149,"left":2,"bottom":100,"right":3}}}`), `{"at":{"lat":120,"lon":2.5}}`, `{"at":` + nome + `}`},
		"more than once":    {koncorde(`{"geoBoundingBox":{"at":{"top":49,"left":170,"bottom":48,"right":190}}}`), `{"at":"48.5,-175"}`, `{"at":` + nome + `}`},
		"Koncorde's not":    {koncorde(`{"not":{"geoDistance":{"at":[48.8,2.3],"distance":"1km"}}}`), `{}`, ``},
	} {
		c := conditionOf(tt.q.root())
		if !meets(c, "1", []byte(tt.meet)) {
			t.Errorf("%s: %s does not meet the condition", name, tt.meet)
		}
		if tt.fail == "" && c.Op != filter.Any || tt.fail != "" && meets(c, "1", []byte(tt.fail)) {
			t.Errorf("%s: %s meets the condition", name, tt.fail)
		}
		if c.Op == filter.Cells && len(c.Covering()) > mostRanges+1 {
			t.Errorf("%s: %d ranges", name, len(c.Covering()))
		}
	}
}
