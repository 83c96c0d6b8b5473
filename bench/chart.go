package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	px         = vg.Inch / 96 // as browsers count
	chartWidth = 760 * px
	margin     = 10 * px
)

var (
	ink   = rgb(0x222222)
	grey  = rgb(0x666666)
	faint = rgb(0xdddddd)
)

// colors are the same in all charts.
var colors = map[string]color.Color{
	"kuzzlite":         rgb(0x1f77b4),
	"before":           rgb(0x9ecae1),
	"kuzzlite-nolog":   rgb(0xaec7e8),
	"kuzzlite-relaxed": rgb(0x6baed6),
	"bbolt":            rgb(0x555555),
	"bbolt-defaults":   rgb(0x8c8c8c),
	"bbolt-batch":      rgb(0xb5b5b5),
	"bbolt-nosync":     rgb(0xd0d0d0),
	"bbolt-maps":       rgb(0x8c564b),
	"bbolt-sjson":      rgb(0xc49c94),
	"bolthold":         rgb(0xe377c2),
	"modernc":          rgb(0x2ca02c),
	"modernc-each":     rgb(0x98df8a),
	"ncruces":          rgb(0x9a9a12),
	"ncruces-each":     rgb(0xd0d06a),
	"mattn":            rgb(0x17becf),
	"mattn-each":       rgb(0x9edae5),
	"badger":           rgb(0xff7f0e),
	"pebble":           rgb(0x9467bd),
	"bleve":            rgb(0xd62728),
}

func rgb(hex uint32) color.Color {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

// colorOf returns the color of a contender, whatever is said after its name.
func colorOf(label string) color.Color {
	name, _, _ := strings.Cut(label, " ")
	if c, ok := colors[strings.TrimSuffix(name, ",")]; ok {
		return c
	}
	return grey
}

// chart is a picture under way.
type chart struct {
	*plot.Plot
	height       vg.Length
	title, about string    // above it: gonum would make room for an axis's name as if no axis were logarithmic
	beside       vg.Length // room for the legend
}

func newChart(title, about string, height vg.Length) *chart {
	c := &chart{Plot: plot.New(), height: height * px, title: title, about: about}
	c.BackgroundColor = nil // the whole canvas has one
	c.X.Tick.Label, c.Y.Tick.Label = lettering(11, grey), lettering(12, ink)
	c.X.Tick.Label.XAlign, c.X.Tick.Label.YAlign = draw.XCenter, draw.YTop
	c.Y.Tick.Label.XAlign = draw.XRight
	for _, axis := range []*plot.Axis{&c.X, &c.Y} {
		axis.LineStyle, axis.Tick.LineStyle = stroke(1, faint), stroke(1, faint)
	}
	c.Add(&plotter.Grid{Vertical: stroke(1, faint)})
	c.Legend.Top, c.Legend.Padding, c.Legend.TextStyle = true, 6*px, lettering(12, ink)
	c.Legend.TextStyle.YAlign = draw.YBottom
	return c
}

// lettering is for words that begin at their place.
func lettering(size font.Length, c color.Color) text.Style {
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	return text.Style{Color: c, Font: font.From(sans, size*px), YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
}

func stroke(width vg.Length, c color.Color, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width * px, Dashes: dashes}
}

// rows makes the upright axis one of rows with names, the first at the top, and room for so many above it.
func (c *chart) rows(names []string, above int) {
	c.NominalY(names...)
	c.Y.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	c.Y.Min, c.Y.Max = -0.5-float64(above), float64(len(names))-0.5
}

// addUpright adds a line from the top to the bottom.
func (c *chart) addUpright(style draw.LineStyle, x float64) {
	c.Add(&plotter.Line{XYs: plotter.XYs{{X: x, Y: c.Y.Min}, {X: x, Y: c.Y.Max}}, LineStyle: style})
}

// addSpread adds a dot at the median in a line from the smallest to the largest, and returns the dot for the legend.
func (c *chart) addSpread(radius vg.Length, of color.Color, v spread, at func(float64) plotter.XY) *plotter.Scatter {
	dot := &plotter.Scatter{
		XYs:        plotter.XYs{at(v.Median)},
		GlyphStyle: draw.GlyphStyle{Color: of, Radius: radius * px, Shape: draw.CircleGlyph{}},
	}
	c.Add(&plotter.Line{XYs: plotter.XYs{at(v.Min), at(v.Max)}, LineStyle: stroke(radius*0.6, of)}, dot)
	return dot
}

// inRow is the place of a value in a row.
func inRow(y float64) func(x float64) plotter.XY {
	return func(x float64) plotter.XY { return plotter.XY{X: x, Y: y} }
}

func (c *chart) addText(style text.Style, at plotter.XY, right vg.Length, words string) {
	c.Add(&plotter.Labels{
		XYs: plotter.XYs{at}, Labels: []string{words}, TextStyle: []text.Style{style}, Offset: vg.Point{X: right * px},
	})
}

// logarithmic makes an axis one that has all values added so far, and a little room beside them.
func logarithmic(a *plot.Axis) {
	if a.Min > a.Max { // nothing was added
		a.Min, a.Max = 1, 10
	}
	middle := math.Sqrt(a.Min * a.Max) // a small difference must not fill the picture
	a.Min, a.Max = 0.9*min(a.Min, middle/1.8), 1.1*max(a.Max, middle*1.8)
	a.Scale, a.Tick.Marker = plot.LogScale{}, logTicks{}
}

// logTicks labels 1, 2 and 5 of each power of ten, or the powers alone where those would be too many.
type logTicks struct{}

func (logTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.LogTicks{}.Ticks(low/10, high) // a tenth: below 1 gonum begins a power too high
	for i, t := range ticks {
		few := high < 2000*low && strings.ContainsAny(fmt.Sprintf("%.0e", t.Value)[:1], "25")
		if few || t.Label != "" {
			ticks[i].Label = short(t.Value)
		}
	}
	return ticks
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

// shows says whether a logarithmic axis has a place for all of a spread.
func (s spread) shows() bool { return s.Min > 0 && !math.IsInf(s.Max, 1) }

// save writes the chart as SVG.
func (c *chart) save(file string) error {
	svg := vgsvg.New(chartWidth, c.height)
	all := draw.New(svg)
	all.SetColor(color.White)
	all.Fill(all.Rectangle.Path())
	in := draw.Crop(all, margin, -margin, margin, -margin)
	in.FillText(lettering(15, ink), vg.Point{X: in.Min.X, Y: in.Max.Y - 8*px}, c.title)
	in.FillText(lettering(12, grey), vg.Point{X: in.Min.X, Y: in.Max.Y - 30*px}, c.about)
	c.Legend.XOffs = c.beside
	c.Draw(draw.Crop(in, 0, -c.beside, 0, -48*px))
	var b bytes.Buffer
	if _, err := svg.WriteTo(&b); err != nil {
		return err
	}
	const family = "font-family:Liberation Sans" // the others are as wide, and there where it is not
	return replaceFile(file, bytes.ReplaceAll(b.Bytes(), []byte(family), []byte(family+",Arial,Helvetica,sans-serif")))
}
