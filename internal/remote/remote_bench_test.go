package remote_test

import (
	"testing"
)

// What a call costs over a Unix socket, beside the same in the process.
func BenchmarkGet(b *testing.B) {
	p := newPlace(b)
	fill(b, p.store, 1)
	for name, s := range map[string]*subject{"local": local(p.store), "unix": away(p.dial(b))} {
		c := s.collection("i", "c")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Get(b.Context(), "d00000"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a list of 10,000 documents costs.
func BenchmarkAll(b *testing.B) {
	p := newPlace(b)
	fill(b, p.store, 10_000)
	for name, s := range map[string]*subject{"local": local(p.store), "unix": away(p.dial(b))} {
		c := s.collection("i", "c")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range c.All(b.Context()) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
