package command

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
)

// benchDisk is the disk alone: a page of a file is overwritten, and the disk has to confirm it. Nobody who writes
// durably, one call after the other, can make more calls in a second than that.
type benchDisk struct {
	f      *os.File
	page   [benchPage]byte
	writes uint64
}

// benchPage is how many bytes are overwritten.
const benchPage = 4 << 10

func newBenchDisk(dir string) (*benchDisk, error) {
	f, err := os.Create(filepath.Join(dir, "page"))
	if err != nil {
		return nil, err
	}
	d := &benchDisk{f: f}
	err = d.overwrite(context.Background())
	if err == nil {
		err = f.Sync() // its size too: from now on there is nothing to sync but the page
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return d, nil
}

// overwrite is a benchCall. The page is another one each time, or a disk could see that nothing changes.
func (d *benchDisk) overwrite(context.Context) error {
	d.writes++
	for at := 0; at < len(d.page); at += 512 {
		binary.LittleEndian.PutUint64(d.page[at:], d.writes)
	}
	if _, err := d.f.WriteAt(d.page[:], 0); err != nil {
		return err
	}
	return syncData(d.f)
}

func (d *benchDisk) close() error { return d.f.Close() }
