package main

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

var (
	ownColor  = color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}
	peerColor = color.RGBA{R: 0xb0, G: 0xb0, B: 0xb0, A: 0xff}
)

// plot draws a bar for each contender's median, with a line from its slowest to its fastest round.
func (s section) plot(file string) error {
	names := s.names()
	p := plot.New()
	p.Title.Text = s.workload.name + ": " + s.workload.unit
	p.X.Label.Text = s.workload.unit + " (median, slowest and fastest round; longer is better)"
	p.X.Min = 0
	p.X.Tick.Marker = thousands{}
	labels := make([]string, len(names))
	for i, name := range names {
		at := len(names) - 1 - i // the first at the top
		labels[at] = " " + name  // the space keeps the text off the edge
		rate := spreadOf(samplesOf(s.samples, name), sample.Rate)
		if err := addBar(p, float64(at), rate, strings.HasPrefix(name, kuzzlite.name)); err != nil {
			return err
		}
	}
	p.NominalY(labels...)
	p.Y.Min, p.Y.Max = -0.6, float64(len(names))-0.4
	return p.Save(18*vg.Centimeter, vg.Length(len(names))*0.9*vg.Centimeter+3*vg.Centimeter, file)
}

func addBar(p *plot.Plot, at float64, rate spread, own bool) error {
	bar, err := plotter.NewBarChart(plotter.Values{rate.Median}, 0.55*vg.Centimeter)
	if err != nil {
		return err
	}
	bar.Horizontal, bar.XMin, bar.LineStyle.Width = true, at, 0
	bar.Color = peerColor
	if own {
		bar.Color = ownColor
	}
	whisker, err := plotter.NewXErrorBars(errorBar{at, rate})
	if err != nil {
		return err
	}
	p.Add(bar, whisker)
	return nil
}

// errorBar is one point with its spread, for plotter.NewXErrorBars.
type errorBar struct {
	at   float64
	rate spread
}

func (e errorBar) Len() int              { return 1 }
func (e errorBar) XY(int) (x, y float64) { return e.rate.Median, e.at }
func (e errorBar) XError(int) (low, high float64) {
	return e.rate.Median - e.rate.Min, e.rate.Max - e.rate.Median
}

// thousands labels ticks as 10k, 2M.
type thousands struct{}

func (thousands) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range ticks {
		v := ticks[i].Value
		switch {
		case ticks[i].Label == "":
		case v >= 1e6:
			ticks[i].Label = fmt.Sprintf("%gM", v/1e6)
		case v >= 1e3:
			ticks[i].Label = fmt.Sprintf("%gk", v/1e3)
		}
	}
	return ticks
}
