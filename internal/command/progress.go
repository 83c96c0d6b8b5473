package command

import (
	"io"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/schollz/progressbar/v3"
)

// progress is the bar on a terminal. A nil one shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// unknownSize is that of a pipe.
const unknownSize = -1

// newProgress returns a bar if there is a terminal to show it on, and something to show. Of a size that is not known it
// shows how many bytes there were, and their rate.
func (a *app) newProgress(size int64) *progress {
	if !a.terminals[1] || size == 0 {
		return nil
	}
	return &progress{newBar(a.stderr, size, 100*time.Millisecond)}
}

// newDocumentProgress returns a bar that counts documents, of a number that is known or of unknownSize.
func (a *app) newDocumentProgress(total int64) *progress {
	if !a.terminals[1] || total == 0 {
		return nil
	}
	return &progress{newDocumentBar(a.stderr, total, 100*time.Millisecond)}
}

// watched has a call of the library show its progress on a terminal. It hands call what to show with, which is nil if
// there is no terminal, and takes the bar away when the call has ended.
func watched[T any](a *app, call func(show func(kuzzlite.Progress)) (T, error)) (T, error) {
	if !a.terminals[1] {
		return call(nil)
	}
	var p *progress
	defer func() { p.clear() }()
	return call(func(now kuzzlite.Progress) {
		if p == nil {
			p = a.newProgress(now.Total)
		}
		p.set(now.Done)
	})
}

// newBar returns a bar of bytes.
func newBar(w io.Writer, size int64, throttle time.Duration) *progressbar.ProgressBar {
	return startBar(w, size, throttle, progressbar.OptionShowBytes(true))
}

// newDocumentBar returns a bar of documents.
func newDocumentBar(w io.Writer, total int64, throttle time.Duration) *progressbar.ProgressBar {
	return startBar(w, total, throttle, progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("documents"))
}

func startBar(w io.Writer, size int64, throttle time.Duration, unit ...progressbar.Option) *progressbar.ProgressBar {
	options := append(unit,
		progressbar.OptionSetWriter(w),
		progressbar.OptionThrottle(throttle),
		progressbar.OptionClearOnFinish(),
	)
	if size == unknownSize {
		// It turns with the input: by itself it would draw over lines that are written meanwhile.
		options = append(options, progressbar.OptionShowCount(),
			progressbar.OptionSetSpinnerChangeInterval(0), progressbar.OptionSpinnerType(14))
	} else {
		options = append(options, progressbar.OptionFullWidth())
	}
	bar := progressbar.NewOptions64(size, options...)
	bar.StartWithoutRender() // or else the first rate is that of the first batch in no time at all
	return bar
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

// clock is the bar of a command that takes a time known before. A nil one shows nothing.
type clock struct {
	progress
	begun time.Time
	d     time.Duration
}

// newClock returns a bar if there is a terminal to show it on.
func newClock(stderr io.Writer, d time.Duration) *clock {
	if !isTerminal(stderr) {
		return nil
	}
	return &clock{progress{newClockBar(stderr, d, 100*time.Millisecond)}, time.Now(), d}
}

func newClockBar(w io.Writer, d, throttle time.Duration) *progressbar.ProgressBar {
	bar := progressbar.NewOptions64(int64(d), progressbar.OptionSetWriter(w), progressbar.OptionThrottle(throttle),
		progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth(), progressbar.OptionSetPredictTime(false))
	bar.StartWithoutRender()
	return bar
}

// step says what is done next, and moves the bar to where the time is. It is not full before all is done.
func (c *clock) step(what string) {
	if c != nil {
		c.set(int64(min(time.Since(c.begun), c.d-1)))
		c.bar.Describe(what)
	}
}

// end takes the bar away.
func (c *clock) end() {
	if c != nil {
		c.clear()
	}
}
