package main

import (
	"fmt"
	"path/filepath"
	"slices"
)

// limits are what contenders that are no contenders stand for, as it is written beside their line.
var limits = map[string]string{
	"disk":   "one fdatasync a call",
	"memory": "copying the document from memory",
}

const (
	chartWidth = 760.0
	leftEdge   = 150.0
	rightEdge  = 650.0 // room for the numbers
	rowHeight  = 24.0
)

// plot draws the workload's chart.
func (s section) plot(dir string) error {
	file := filepath.Join(dir, s.workload.name+".svg")
	if slices.ContainsFunc(s.workload.entries, func(e entry) bool { return e.documents > 0 }) {
		return s.plotGrowth(file)
	}
	return s.plotRows(file)
}

// plotRows draws a dot for each contender's median, in a line from its smallest round to its largest.
func (s section) plotRows(file string) error {
	shown := s.workload.shown
	var names []string
	var values []float64
	for _, name := range s.names() {
		if limits[name] == "" {
			names = append(names, name)
		}
		v := spreadOf(samplesOf(s.samples, name), shown.value)
		values = append(values, v.Min, v.Max)
	}
	c := &canvas{width: chartWidth, height: 122 + rowHeight*float64(len(names))}
	x := newScale(values, leftEdge, rightEdge)
	top, bottom := 66.0, c.height-50
	c.text(16, 24, 16, "start", ink, s.workload.name+": "+s.workload.question)
	c.xAxis(x, top, bottom, s.axisTitle())
	for _, name := range s.names() {
		if limit := limits[name]; limit != "" {
			c.limit(x, top, bottom, spreadOf(samplesOf(s.samples, name), shown.value), limit)
		}
	}
	for i, name := range names {
		c.row(x, top+rowHeight*(float64(i)+0.7), name, spreadOf(samplesOf(s.samples, name), shown.value))
	}
	return c.save(file)
}

func (s section) axisTitle() string {
	name, better := s.workload.shown.name, "more is better"
	if name == byRate.name {
		name = s.workload.unit
	}
	if !s.workload.shown.up {
		better = "less is better"
	}
	return fmt.Sprintf("%s (%s; logarithmic; median, smallest and largest round)", name, better)
}

func (c *canvas) xAxis(x scale, top, bottom float64, title string) {
	for _, v := range x.ticks() {
		c.line(x.at(v), top, x.at(v), bottom, 1, faint, "")
		c.text(x.at(v), bottom+16, 11, "middle", grey, short(v))
	}
	c.line(x.from, bottom, x.to, bottom, 1, grey, "")
	c.text((x.from+x.to)/2, bottom+36, 12, "middle", ink, title)
}

func (c *canvas) limit(x scale, top, bottom float64, v spread, words string) {
	at := x.at(v.Median)
	c.line(at, top-6, at, bottom, 1.5, ink, "5 4")
	anchor := "end"
	if at < (x.from+x.to)/2 {
		anchor = "start"
	}
	c.text(at, top-10, 11, anchor, ink, words+": "+short(v.Median))
}

func (c *canvas) row(x scale, y float64, name string, v spread) {
	color := colorOf(name)
	c.text(leftEdge-10, y+4, 12, "end", ink, name)
	c.line(x.at(v.Min), y, x.at(v.Max), y, 3, color, "")
	c.dot(x.at(v.Median), y, 5, color)
	c.text(x.at(v.Max)+10, y+4, 11, "start", grey, short(v.Median))
}

// plotGrowth draws a line for each contender over the number of documents.
func (s section) plotGrowth(file string) error {
	var sizes, rates []float64
	var names []string
	for _, e := range s.workload.entries {
		list := samplesOf(s.samples, e.name())
		if len(list) == 0 {
			continue
		}
		v := spreadOf(list, sample.Rate)
		sizes, rates = append(sizes, float64(e.documents)), append(rates, v.Min, v.Max)
		if !slices.Contains(names, e.contender) {
			names = append(names, e.contender)
		}
	}
	c := &canvas{width: chartWidth, height: 420}
	x, y := newScale(sizes, 80, rightEdge-40), newScale(rates, 360, 60)
	c.text(16, 24, 16, "start", ink, s.workload.name+": "+s.workload.question)
	c.text(16, 44, 12, "start", ink, s.workload.unit+" (more is better; logarithmic; median, smallest and largest round)")
	for _, v := range y.ticks() {
		c.line(x.from, y.at(v), x.to, y.at(v), 1, faint, "")
		c.text(x.from-8, y.at(v)+4, 11, "end", grey, short(v))
	}
	slices.Sort(sizes)
	for _, v := range slices.Compact(sizes) {
		c.line(x.at(v), y.to, x.at(v), y.from, 1, faint, "")
		c.text(x.at(v), 378, 11, "middle", grey, short(v))
	}
	c.text((x.from+x.to)/2, 402, 12, "middle", ink, "documents in the store (logarithmic)")
	var ends []float64
	for i, name := range names {
		beside := 5 * (float64(i) - float64(len(names)-1)/2) // or the spread of one would hide that of another
		ends = append(ends, c.growth(x, y, name, beside, s))
	}
	for i, at := range apart(ends, 14) {
		c.text(x.at(slices.Max(sizes))+20, at+4, 12, "start", colorOf(names[i]), names[i])
	}
	return c.save(file)
}

// growth draws one contender's line, a little beside its place, and returns where it ends.
func (c *canvas) growth(x, y scale, name string, beside float64, s section) (end float64) {
	var lastX, lastY float64
	for _, e := range s.workload.entries {
		list := samplesOf(s.samples, e.name())
		if e.contender != name || len(list) == 0 {
			continue
		}
		v := spreadOf(list, sample.Rate)
		atX, atY := x.at(float64(e.documents))+beside, y.at(v.Median)
		if lastX > 0 {
			c.line(lastX, lastY, atX, atY, 2, colorOf(name), "")
		}
		c.line(atX, y.at(v.Min), atX, y.at(v.Max), 3, colorOf(name), "")
		c.dot(atX, atY, 5, colorOf(name))
		lastX, lastY = atX, atY
	}
	return lastY
}

// apart moves places so that none is closer than gap to the next, and keeps their order.
func apart(places []float64, gap float64) []float64 {
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(places[a] - places[b]) })
	moved := slices.Clone(places)
	for n := 1; n < len(order); n++ {
		moved[order[n]] = max(moved[order[n]], moved[order[n-1]]+gap)
	}
	return moved
}
