package main

import (
	"path/filepath"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// The overview: how fast each contender is beside Kuzzlite, in the workloads that say most.

var overviewWorkloads = []string{
	"engine-300-1", "engine-300-200", "engine-1024-1", "engine-1024-20", "engine-1024-200", "engine-1024-1000",
	"engine-64", "batch200", "mixed", "readwrite", "mutate", "engine-create", "engine-get", "engine-scan",
}

// overviewNames are the contenders of the overview.
var overviewNames = slices.Concat([]string{"bbolt"}, byHand, oneByOne, logs)

// overviewRow is a workload in the overview.
type overviewRow struct {
	workload string
	ratios   map[string]spread
}

func (r *report) overviewRows() (rows []overviewRow) {
	for _, name := range overviewWorkloads {
		i := slices.IndexFunc(r.sections, func(s section) bool { return s.workload.name == name })
		if i < 0 {
			continue
		}
		row := overviewRow{name, map[string]spread{}}
		for _, peer := range overviewNames {
			b := bar{of: peer, against: []string{"kuzzlite"}, by: byRate}
			if v, ok := b.judge(r.sections[i].workload, r.sections[i].samples); ok {
				row.ratios[peer] = v.Ratio
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// plotOverview draws a lane for each contender in each workload's row.
func (r *report) plotOverview(dir string) error {
	rows := r.overviewRows()
	if len(rows) == 0 {
		return nil
	}
	peers := slices.DeleteFunc(slices.Clone(overviewNames), func(name string) bool {
		return !slices.ContainsFunc(rows, func(row overviewRow) bool { return row.ratios[name].shows() })
	})
	const laneHeight, lanesApart = 8, 14 // px
	height := laneHeight*len(peers) + lanesApart
	c := newChart("How fast is each, compared with Kuzzlite?",
		"times as fast as Kuzzlite (logarithmic; median, smallest and largest of the rounds' ratios)",
		vg.Length(110+height*len(rows)))
	c.beside = 110 * px
	var names []string
	for _, row := range rows {
		names = append(names, row.workload)
	}
	c.rows(names, 0)
	c.addUpright(stroke(2, colorOf("kuzzlite")), 1)
	c.Legend.Add("kuzzlite", &plotter.Line{LineStyle: stroke(2, colorOf("kuzzlite"))})
	for lane, name := range peers {
		y := (float64(lane) - float64(len(peers)-1)/2) * laneHeight / float64(height)
		var dot *plotter.Scatter
		for i, row := range rows {
			if v := row.ratios[name]; v.shows() {
				dot = c.addSpread(3.5, colorOf(name), v, inRow(float64(i)+y))
			}
		}
		c.Legend.Add(name, dot)
	}
	logarithmic(&c.X)
	for i := range rows { // lines between the rows
		at := inRow(float64(i) - 0.5)
		c.Add(&plotter.Line{XYs: plotter.XYs{at(c.X.Min), at(c.X.Max)}, LineStyle: stroke(1, faint)})
	}
	return c.save(filepath.Join(dir, "overview.svg"))
}
