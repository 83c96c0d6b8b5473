package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"strings"
)

// Charts are SVG, written as text: what is drawn here is lines, dots and words.

// canvas is a picture under way, in pixels.
type canvas struct {
	b             strings.Builder
	width, height float64
}

const (
	ink   = "#222222"
	faint = "#dddddd"
	grey  = "#666666"
)

func (c *canvas) line(x1, y1, x2, y2, width float64, color, dashes string) {
	fmt.Fprintf(&c.b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" `, x1, y1, x2, y2)
	fmt.Fprintf(&c.b, `stroke="%s" stroke-width="%.1f" stroke-dasharray="%s"/>`+"\n", color, width, dashes)
}

func (c *canvas) dot(x, y, radius float64, color string) {
	fmt.Fprintf(&c.b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"/>`+"\n", x, y, radius, color)
}

// text writes words; anchor is start, middle or end.
func (c *canvas) text(x, y, size float64, anchor, color, words string) {
	fmt.Fprintf(&c.b, `<text x="%.1f" y="%.1f" font-size="%.0f" text-anchor="%s" fill="%s">`, x, y, size, anchor, color)
	xml.EscapeText(&c.b, []byte(words))
	c.b.WriteString("</text>\n")
}

func (c *canvas) save(file string) error {
	text := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" `+
		`font-family="Helvetica, Arial, DejaVu Sans, sans-serif">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/>`+"\n",
		c.width, c.height, c.width, c.height)
	return os.WriteFile(file, []byte(text+c.b.String()+"</svg>\n"), 0o644)
}

// scale is a logarithmic axis: low is at from, high is at to.
type scale struct{ low, high, from, to float64 }

// newScale makes a scale that has all values, and a little room beside them.
func newScale(values []float64, from, to float64) scale {
	s := scale{low: math.Inf(1), high: math.Inf(-1), from: from, to: to}
	for _, v := range values {
		if v > 0 {
			s.low, s.high = min(s.low, v), max(s.high, v)
		}
	}
	if s.low > s.high {
		s.low, s.high = 1, 10
	}
	if s.high < 3*s.low { // a small difference must not fill the picture
		middle := math.Sqrt(s.low * s.high)
		s.low, s.high = middle/1.8, middle*1.8
	}
	s.low, s.high = s.low*0.9, s.high*1.1
	return s
}

func (s scale) at(v float64) float64 {
	if v <= 0 {
		return s.from
	}
	return s.from + (s.to-s.from)*math.Log(v/s.low)/math.Log(s.high/s.low)
}

// ticks are 1, 2 and 5 of each power of ten, or the powers alone where those would be too many.
func (s scale) ticks() (list []float64) {
	steps := []float64{1, 2, 5}
	if s.high > 2000*s.low {
		steps = steps[:1]
	}
	for power := math.Floor(math.Log10(s.low)); power <= math.Log10(s.high); power++ {
		for _, step := range steps {
			if v := step * math.Pow(10, power); v >= s.low && v <= s.high {
				list = append(list, v)
			}
		}
	}
	return list
}

// short writes a number with few letters: 10k, 2M, 0.05.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.3gM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.3gk", v/1e3)
	}
	return fmt.Sprintf("%.3g", v)
}

// colors are the same in all charts.
var colors = map[string]string{
	"kuzzlite":       "#1f77b4",
	"bbolt":          "#555555",
	"bbolt-defaults": "#8c8c8c",
	"bbolt-batch":    "#b5b5b5",
	"bbolt-maps":     "#8c564b",
	"bbolt-sjson":    "#c49c94",
	"bolthold":       "#e377c2",
	"modernc":        "#2ca02c",
	"modernc-each":   "#98df8a",
	"ncruces":        "#9a9a12",
	"ncruces-each":   "#d0d06a",
	"mattn":          "#17becf",
	"mattn-each":     "#9edae5",
	"badger":         "#ff7f0e",
	"pebble":         "#9467bd",
}

// colorOf returns the color of a contender, whatever is said after its name.
func colorOf(label string) string {
	if c, ok := colors[baseName(label)]; ok {
		return c
	}
	return grey
}

// baseName is a label without what follows on the contender's name.
func baseName(label string) string {
	if i := strings.IndexAny(label, " ,"); i >= 0 {
		return label[:i]
	}
	return label
}
