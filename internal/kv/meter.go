package kv

import "context"

// Meter is told how far a call has come that takes long: done of total, in bytes unless the call says otherwise. Total
// may be an estimate, so that done ends below it or above. The share that is done does not go down. A Meter waits for
// nothing and does not panic, so an engine may tell it something at any moment, with locks held. A nil Meter is for
// calls that nobody watches.
type Meter func(done, total int64)

// Tell tells m how far the call has come.
func (m Meter) Tell(done, total int64) {
	if m != nil {
		m(done, total)
	}
}

// Part returns the Meter for one part of a call: for m, that part is what lies between from and to of total, whatever
// total the part itself is told with.
func (m Meter) Part(from, to, total int64) Meter {
	if m == nil {
		return nil
	}
	return func(done, of int64) {
		share := 0.0
		if of > 0 {
			share = float64(min(done, of)) / float64(of)
		}
		m(from+int64(share*float64(to-from)), total)
	}
}

// Size returns how many bytes of keys and values a view shows. It reads all of them.
func Size(ctx context.Context, v View) (n int64, err error) {
	var names [][]byte
	err = v.Buckets(nil, func(name []byte) bool {
		names = append(names, append([]byte{}, name...))
		return true
	})
	for _, name := range names {
		if err != nil {
			break
		}
		var done error
		err = v.Scan(name, nil, false, func(key, value []byte) bool {
			n += int64(len(key) + len(value))
			done = ctx.Err()
			return done == nil
		})
		if err == nil {
			err = done
		}
	}
	return n, err
}
