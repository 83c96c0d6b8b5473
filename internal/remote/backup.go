package remote

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// Check is as that of the library.
func (s *Store) Check(ctx context.Context, o ...*kuzzlite.CheckOptions) (*kuzzlite.CheckReport, error) {
	opts, err := only(o)
	if err != nil {
		return nil, err
	}
	r := request{action: "check", call: &wire.Call{}}
	if opts != nil {
		r.tell(opts.Progress)
	}
	var report *kuzzlite.CheckReport
	if _, err := s.exchange(ctx, r, &report); err != nil {
		return nil, err
	}
	return report, nil
}

// tell has a function told how far the call comes, if there is one.
func (r *request) tell(progress func(kuzzlite.Progress)) {
	if progress != nil {
		r.call.Progress = true
		r.step = func(s wire.Step) { progress(kuzzlite.Progress{Done: int64(s.Done), Total: int64(s.Total)}) }
	}
}

// Backup is as that of the library. The copy that is made first lies beside the store's file, where that is.
func (s *Store) Backup(ctx context.Context, w io.Writer, o ...*kuzzlite.BackupOptions) (n int64, err error) {
	opts, err := only(o)
	if err != nil {
		return 0, err
	}
	r := request{action: "backup", call: &wire.Call{}}
	r.item = func(part []byte) error {
		m, err := w.Write(part)
		n += int64(m)
		return err
	}
	if opts != nil {
		r.tell(opts.Progress)
	}
	var size int64
	if _, err := s.exchange(ctx, r, &size); err != nil {
		return n, err
	}
	if size != n {
		return n, fmt.Errorf("backup: %w: %d bytes of %d have come", wire.ErrCut, n, size)
	}
	return n, nil
}

// BackupFile is as that of the library: it writes a file here, which is there whole or not at all.
func (s *Store) BackupFile(ctx context.Context, path string, o ...*kuzzlite.BackupOptions) (n int64, err error) {
	n, err = disk.MakeFile(path, func(f *os.File) error {
		_, err := s.Backup(ctx, f, o...)
		return err
	})
	if err != nil && !strings.HasPrefix(err.Error(), "backup: ") {
		err = fmt.Errorf("backup: %w", err)
	}
	return n, err
}
