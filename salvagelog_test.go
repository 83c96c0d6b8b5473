package kuzzlite

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// recordedLog is a handler that keeps what it is told.
type recordedLog struct {
	mu      sync.Mutex
	records []slog.Record
}

func (l *recordedLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *recordedLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *recordedLog) WithGroup(string) slog.Handler            { return l }

func (l *recordedLog) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, r)
	return nil
}

// told are the levels and messages, in order.
func (l *recordedLog) told() (list []string) {
	for _, r := range l.records {
		list = append(list, r.Level.String()+" "+r.Message)
	}
	return list
}

// value returns an attribute of the first record with a message.
func (l *recordedLog) value(message, key string) (value any) {
	for _, r := range l.records {
		if r.Message != message {
			continue
		}
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == key {
				value = a.Value.Any()
			}
			return value == nil
		})
		return value
	}
	return nil
}

// salvageLogged runs Salvage with a logger, and fails the test unless that was told these messages, with the path.
func salvageLogged(t *testing.T, path string, want ...string) (*salvaged, *recordedLog) {
	t.Helper()
	l := &recordedLog{}
	s := salvageAt(t, path, &SalvageOptions{Logger: slog.New(l)})
	if got := l.told(); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	for _, r := range l.records {
		if got := l.value(r.Message, "path"); got != path {
			t.Errorf("%s: the path is %v", r.Message, got)
		}
	}
	return s, l
}

// The logger is told the beginning, what is damaged, and the end with the numbers of the report.
func TestSalvageLogger(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	f.ok(f.s.Close())
	sound := wreckOf(t, f.path)
	s, l := salvageLogged(t, f.path, "INFO salvage begins", "INFO salvage ended")
	if l.value("salvage ended", "documents") != s.Documents || l.value("salvage ended", "complete") != true {
		t.Errorf("%v", l.records)
	}

	w := sound.clone()
	leaves := w.leaves(w.root(f.path, "i/c"))
	clear(w.page(leaves[2]))
	clear(w.page(leaves[5]))
	p := w.page(leaves[7])
	p[len(p)-1] ^= 4 // the last value fills the page
	for i := len(p) - 1; p[i] == 4; i-- {
		p[i] = 0
		p[i-1] ^= 4
	}
	path := w.write()
	s, l = salvageLogged(t, path, "INFO salvage begins", "WARN damaged document was left out",
		"WARN pages cannot be read", "INFO salvage ended")
	if l.value("pages cannot be read", "of") != "i/c" || l.value("pages cannot be read", "pages") != uint64(2) ||
		l.value("damaged document was left out", "problem") != s.Problems[0] ||
		l.value("salvage ended", "skipped") != s.Skipped || l.value("salvage ended", "complete") != false {
		t.Errorf("%+v, %v", *s.SalvageReport, l.records)
	}

	w = sound.clone()
	clear(w.b[:2*w.size])
	salvageLogged(t, w.write(), "INFO salvage begins", "WARN the header is destroyed: the last writes may be missing",
		"INFO salvage ended")

	w = sound.clone()
	pages := pagesInUse(t, f.path)
	w.b = w.b[:(pages-pages/2)*w.size]
	l = &recordedLog{}
	s = salvageAt(t, w.write(), &SalvageOptions{Logger: slog.New(l)})
	if l.value("pages are missing at the end of the file", "pages") != s.Missing || int(s.Missing) != pages/2 {
		t.Errorf("%+v, %q", *s.SalvageReport, l.told())
	}
}

// The logger is told how the log of the store is, and why a salvage failed.
func TestSalvageLoggerOfLogAndFailure(t *testing.T) {
	t.Parallel()
	f := salvageable(t)
	f.change()
	path := f.crashed()
	f.ok(os.Remove(path + "-log0"))
	salvageLogged(t, path, "INFO salvage begins", "WARN the log is damaged or missing: the newest writes may be missing",
		"INFO salvage ended")

	l := &recordedLog{}
	o := &SalvageOptions{Logger: slog.New(l)}
	full := errors.New("full")
	_, err := Salvage(ctx, path, func(Salvaged) error { return full }, o)
	if err != full || l.value("salvage failed", "error") != full {
		t.Errorf("%v, told %q", err, l.told())
	}
	l.records = nil
	none := filepath.Join(t.TempDir(), "none")
	if _, err = Salvage(ctx, none, nil, o); l.value("salvage failed", "error") != err || err == nil {
		t.Errorf("%v, told %q", err, l.told())
	}
	_, err = Salvage(ctx, path, nil, o, o)
	f.is("two sets of options", err, ErrInvalid)
	_, err = Salvage(ctx, f.path, nil, &SalvageOptions{LockTimeout: -1})
	f.is("open for writing", err, ErrLocked)
}
