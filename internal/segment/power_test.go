package segment

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// A power cut leaves, of what was not synced, any sectors, and of one sector a part or garbage. Whatever is left, the
// segment has all records that were synced, and of the others the first ones; and after Recycle those of the old
// generation do not come back, unless the new one has nothing durable.
func TestPowerCuts(t *testing.T) {
	r := seeded(t)
	for run := range 5 {
		path := filepath.Join(t.TempDir(), fmt.Sprint(run))
		p := &powered{t: t, r: r, w: &writer{must(Create(path, nil, header(1)))(t), t}}
		p.synced()
		p.run()
		check(t, p.w.Close())
	}
}

// powered is a segment with what of it is durable.
type powered struct {
	t        *testing.T
	r        *rand.Rand
	w        *writer
	used     int    // bytes of the file
	disk     []byte // the file as of the last sync
	records  []string
	durable  int  // of the records
	recycled bool // since the last sync
}

func (p *powered) run() {
	for n := range 200 {
		switch p.r.IntN(12) {
		case 0:
			if p.durable == len(p.records) && p.durable > 0 {
				p.w.recycle(uint64(n) + 2)
				p.records, p.durable, p.recycled = nil, 0, true
				p.cut()
			}
		case 1, 2, 3:
			check(p.t, p.w.Flush())
			p.cut()
			check(p.t, p.w.Sync())
			p.synced()
		case 4:
			check(p.t, p.w.Flush())
		default:
			p.records = append(p.records, payload(p.r, n, p.r.IntN(4)*p.r.IntN(3000)))
			p.w.append(p.records[len(p.records)-1])
		}
		p.cut()
	}
}

func (p *powered) synced() {
	p.disk = p.file()
	p.durable = int(p.w.Synced())
	p.recycled = false
}

// file returns the part of the file that has ever been in use.
func (p *powered) file() []byte {
	b := p.w.file()
	p.used = max(p.used, areaAt+int(p.w.Size())+4*pageSize)
	return b[:min(p.used, len(b))]
}

// cut looks at some of what a power cut may leave now.
func (p *powered) cut() {
	p.t.Helper()
	now := p.file()
	for range 4 {
		image := p.mix(now)
		c := contents(p.t, image)
		if p.recycled && (!c.Whole || c.Header != p.w.Header()) {
			continue // the old generation, which nobody needs
		}
		if got := texts(c.Records); !c.Whole || c.Damage != nil || len(got) < p.durable || len(got) > len(p.records) ||
			!slices.Equal(got, p.records[:len(got)]) {
			p.t.Fatalf("%v, %v, %d records %.100q, want at least %d of %.100q",
				c.Whole, c.Damage, len(got), got, p.durable, p.records)
		}
	}
}

// mix returns the durable file with any of what was written since.
func (p *powered) mix(now []byte) []byte {
	image := bytes.Clone(p.disk)
	switch length := p.r.IntN(len(now) + 1); {
	case p.r.IntN(2) == 0:
		length = len(now)
		fallthrough
	case length > len(image):
		image = append(image, make([]byte, max(0, length-len(image)))...)
	}
	share := p.r.IntN(101)
	for at := 0; at < len(image); at += sectorSize {
		end := min(at+sectorSize, len(image), len(now))
		same := at < len(p.disk) && bytes.Equal(now[at:end], p.disk[at:min(end, len(p.disk))])
		if same || p.r.IntN(100) >= share {
			continue
		}
		switch p.r.IntN(20) {
		case 0:
			end = at + p.r.IntN(end-at)
		case 1: // it was in the middle of it, and what came of that can be anything
			for i := range image[at:end] {
				image[at+i] = byte(p.r.Uint32())
			}
			continue
		}
		copy(image[at:end], now[at:])
	}
	return image
}
