package main

import (
	"math"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// limits are what contenders that are no contenders stand for, as it is written beside their line.
var limits = map[string]string{
	"disk":     "one fdatasync a call",
	"append":   "one append and fdatasync a call",
	"random4k": "pages of 4 KiB at random places",
	"memory":   "copying the document from memory",
}

// plot draws the workload's chart.
func (s section) plot(dir string) error {
	c := s.rowsChart
	if s.workload.grows() {
		c = s.growthChart
	}
	return c().save(filepath.Join(dir, s.workload.name+".svg"))
}

// grows says whether the workload has stores of several sizes for each of its contenders.
func (w workload) grows() bool {
	return len(w.entries) > 0 && !slices.ContainsFunc(w.entries, func(e entry) bool { return e.documents == 0 })
}

func (s section) title() string { return s.workload.name + ": " + s.workload.question }

// rowsChart has a dot for each contender's median, in a line from its smallest round to its largest.
func (s section) rowsChart() *chart {
	var rows, across []string
	for _, name := range s.names() {
		switch {
		case limits[name] == "":
			rows = append(rows, name)
		case s.spread(name).shows():
			across = append(across, name)
		}
	}
	c := newChart(s.title(), s.measured()+" (logarithmic; median, smallest and largest round)",
		vg.Length(90+24*(len(rows)+len(across))))
	c.rows(rows, len(across))
	for _, name := range across {
		c.addUpright(stroke(1.5, ink, 5*px, 4*px), s.spread(name).Median)
	}
	for i, name := range rows {
		if v, at := s.spread(name), inRow(float64(i)); v.shows() {
			c.addSpread(5, colorOf(name), v, at)
			c.addText(lettering(11, grey), at(v.Max), 9, short(v.Median))
		}
	}
	logarithmic(&c.X)
	for i, name := range across {
		v, style, right := s.spread(name).Median, lettering(11, ink), vg.Length(6)
		if c.X.Norm(v) > 0.5 {
			style.XAlign, right = draw.XRight, -right
		}
		c.addText(style, plotter.XY{X: v, Y: float64(-1 - i)}, right, limits[name]+": "+short(v))
	}
	return c
}

func (s section) spread(name string) spread {
	return spreadOf(samplesOf(s.samples, name), s.workload.shown.value)
}

// measured says what the axis of values is.
func (s section) measured() string {
	name, better := s.workload.shown.name, ", less is better"
	if name == byRate.name {
		name = s.workload.unit
	}
	if s.workload.shown.up {
		better = ", more is better"
	}
	return name + better
}

// growthChart has a line for each contender over the number of documents.
func (s section) growthChart() *chart {
	c := newChart(s.title(), s.measured()+", by documents in the store "+
		"(both logarithmic; median, smallest and largest round)", 420)
	c.Add(&plotter.Grid{Horizontal: stroke(1, faint)})
	c.beside = 110 * px
	var names []string
	for _, e := range s.workload.entries {
		names = append(names, e.contender)
	}
	names = slices.Compact(names)
	for i, name := range names {
		c.addGrowth(s, name, math.Pow(1.05, float64(i)-float64(len(names)-1)/2))
	}
	logarithmic(&c.X)
	logarithmic(&c.Y)
	return c
}

// addGrowth adds one contender's line, beside its place by a factor: or one's spread would hide another's.
func (c *chart) addGrowth(s section, name string, beside float64) {
	line := &plotter.Line{LineStyle: stroke(2, colorOf(name))}
	for _, e := range s.workload.entries {
		if v := s.spread(e.name()); e.contender == name && v.shows() {
			dot := c.addSpread(5, colorOf(name), v, func(y float64) plotter.XY {
				return plotter.XY{X: float64(e.documents) * beside, Y: y}
			})
			line.XYs = append(line.XYs, dot.XYs...)
		}
	}
	if len(line.XYs) > 0 {
		c.Add(line)
		c.Legend.Add(name, line)
	}
}
