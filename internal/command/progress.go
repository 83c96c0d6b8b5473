package command

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress is the bar on a terminal. A nil one shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress returns a bar if there is a terminal to show it on and a size to measure against.
func newProgress(stderr io.Writer, size int64) *progress {
	if !isTerminal(stderr) || size <= 0 {
		return nil
	}
	bar := progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(),
	)
	bar.StartWithoutRender() // or else the first rate is that of the first batch in no time at all
	return &progress{bar}
}

// set moves the bar. What it cannot draw is no reason to stop.
func (p *progress) set(read int64) {
	if p != nil {
		_ = p.bar.Set64(read)
	}
}

// clear takes the bar away, so that other lines can be written; the next set brings it back.
func (p *progress) clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}
