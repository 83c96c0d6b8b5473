package main

import (
	"path/filepath"
	"slices"
)

// The overview: how fast each contender is beside Kuzzlite, in the workloads that say most.

var overviewWorkloads = []string{
	"batch1", "batch10", "batch200", "batch10000", "single64", "mixed", "readwrite", "mutate", "create", "get", "scan",
}

// overviewNames are the contenders of the overview.
var overviewNames = slices.Concat([]string{"bbolt"}, byHand, oneByOne, logs)

const laneHeight = 8.0

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
			b := bar{of: peer, against: []string{kuzzlite.name}, by: byRate}
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
	names := slices.DeleteFunc(slices.Clone(overviewNames), func(name string) bool {
		return !slices.ContainsFunc(rows, func(row overviewRow) bool { _, ok := row.ratios[name]; return ok })
	})
	values := []float64{1}
	for _, row := range rows {
		for _, v := range row.ratios {
			values = append(values, v.Min, v.Max)
		}
	}
	height := laneHeight*float64(len(names)) + 14
	c := &canvas{width: chartWidth, height: 140 + height*float64(len(rows))}
	x := newScale(values, 120, chartWidth-30)
	top, bottom := 90.0, c.height-50
	c.text(16, 24, 16, "start", ink, "How fast is each, compared with Kuzzlite?")
	c.legend(names, 46)
	c.xAxis(x, top, bottom, "times as fast as Kuzzlite (logarithmic; median, smallest and largest of the rounds' ratios)")
	for i, row := range rows {
		y := top + height*float64(i)
		c.line(16, y, x.to, y, 1, faint, "")
		c.text(16, y+height/2+4, 13, "start", ink, row.workload)
		for lane, name := range names {
			if v, ok := row.ratios[name]; ok {
				at := y + 11 + laneHeight*float64(lane)
				c.line(x.at(v.Min), at, x.at(v.Max), at, 2, colorOf(name), "")
				c.dot(x.at(v.Median), at, 3.5, colorOf(name))
			}
		}
	}
	c.line(x.at(1), top-4, x.at(1), bottom, 2, colorOf(kuzzlite.name), "")
	c.text(x.at(1), top-8, 12, "middle", colorOf(kuzzlite.name), kuzzlite.name)
	return c.save(filepath.Join(dir, "overview.svg"))
}

// legend names the contenders in their colors, in one line or two.
func (c *canvas) legend(names []string, y float64) {
	x := 16.0
	for _, name := range names {
		width := 26 + 7.2*float64(len(name))
		if x+width > c.width-10 {
			x, y = 16, y+17
		}
		c.dot(x+5, y-4, 4.5, colorOf(name))
		c.text(x+14, y, 12, "start", ink, name)
		x += width
	}
}
