package aggregation

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// ranges is range, date_range and ip_range: buckets for values from one bound, included, to another one, which is not.
type ranges struct {
	source
	list  []askedRange
	keyed bool
}

// askedRange is a range of a request.
type askedRange struct {
	key      string // "": made of the bounds
	from, to []byte // JSON; nil: no bound
	mask     string // of ip_range
}

// madeRange is a range of which the bounds are known.
type madeRange struct {
	key      string
	from, to []byte // as keys
	head     []byte // members of the bucket that show the bounds
}

func readRange(n *node, raw []byte) (definition, error)   { return readRanges(n, raw, false, "") }
func readIPRange(n *node, raw []byte) (definition, error) { return readRanges(n, raw, false, "mask") }

func readDateRange(n *node, raw []byte) (definition, error) { return readRanges(n, raw, true, "") }

func readRanges(n *node, raw []byte, dates bool, mask string) (definition, error) {
	d := &ranges{}
	d.source.dates = dates
	err := n.readSource(&d.source, raw, options{
		"keyed": boolean(&d.keyed),
		"ranges": {"[", func(raw []byte) error {
			for _, e := range elements(raw) {
				var asked askedRange
				anyBound := func(to *[]byte) option {
					return option{`"0n`, func(raw []byte) error {
						if *to = raw; raw[0] == 'n' {
							*to = nil
						}
						return nil
					}}
				}
				known := options{"key": text(&asked.key), "from": anyBound(&asked.from), "to": anyBound(&asked.to)}
				if mask != "" {
					known[mask] = text(&asked.mask)
				}
				if e[0] != '{' {
					return plainError("a range must be an object, and is a %s", rawjson.Token(e))
				}
				if err := n.read(n.typ, e, known); err != nil {
					return err
				}
				d.list = append(d.list, asked)
			}
			return nil
		}},
	})
	if err == nil && len(d.list) == 0 {
		err = n.wrong("No [ranges] specified for the [%s] aggregation", n.name)
	}
	return d, err
}

func (d *ranges) bind(b *binder, p *plan) error {
	accepts := numeric
	if p.typ == "ip_range" {
		accepts = addresses
	}
	f, err := b.field(p, &d.source, accepts)
	if err != nil {
		return err
	}
	p.fields = []*field{f}
	list := make([]madeRange, len(d.list))
	for i := range d.list {
		if list[i], err = d.list[i].make(b, p, f); err != nil {
			return p.wrong("%v", err)
		}
	}
	slices.SortStableFunc(list, func(a, b madeRange) int {
		return cmp.Or(bytes.Compare(a.from, b.from), compareUpper(a.to, b.to))
	})
	p.own = list
	if b.r.shown[p.node] == nil {
		b.r.shown[p.node] = list
	}
	return b.subs(p, p.scope)
}

// compareUpper orders upper bounds: none is behind all.
func compareUpper(a, b []byte) int {
	if a == nil || b == nil {
		return cmp.Compare(len(b), len(a))
	}
	return bytes.Compare(a, b)
}

// make works out the bounds of a range.
func (a *askedRange) make(b *binder, p *plan, f *field) (r madeRange, err error) {
	if p.typ == "ip_range" {
		return a.ofAddresses()
	}
	names := [2]string{"*", "*"}
	for i, raw := range [][]byte{a.from, a.to} {
		if raw == nil {
			continue
		}
		n, err := f.bound(raw, b, p.typ == "date_range")
		if err != nil {
			return r, err
		}
		side, to := "from", &r.from
		if i == 1 {
			side, to = "to", &r.to
		}
		*to = appendReal(nil, f.stored(n))
		r.head = appendValue(r.head, side, n)
		names[i] = javanumber.Print(n)
		if f.isDate() || p.typ == "date_range" {
			names[i] = f.format.Print(clamped(n), f.zone)
			r.head = appendText(r.head, side+"_as_string", names[i])
		}
	}
	r.key = cmp.Or(a.key, names[0]+"-"+names[1])
	return r, nil
}

// ofAddresses works out the bounds of a range of addresses.
func (a *askedRange) ofAddresses() (r madeRange, err error) {
	if a.mask != "" {
		return a.ofMask()
	}
	names := [2]string{"*", "*"}
	for i, raw := range [][]byte{a.from, a.to} {
		if raw == nil {
			continue
		}
		address, err := netip.ParseAddr(textOf(raw))
		if err != nil || address.Zone() != "" {
			return r, fmt.Errorf("'%s' is not an IP string literal.", textOf(raw)) //lint:ignore ST1005 Elasticsearch's text
		}
		full := address.As16()
		names[i] = address.Unmap().String()
		if i == 0 {
			r.from = full[:]
			r.head = appendText(r.head, "from", names[i])
		} else {
			r.to = full[:]
			r.head = appendText(r.head, "to", names[i])
		}
	}
	r.key = cmp.Or(a.key, names[0]+"-"+names[1])
	return r, nil
}

// ofMask works out the bounds of a network such as 10.0.0.0/25.
func (a *askedRange) ofMask() (r madeRange, err error) {
	network, err := netip.ParsePrefix(a.mask)
	if err != nil || a.from != nil || a.to != nil {
		return r, fmt.Errorf("[%s] is no network such as 10.0.0.0/25, or stands beside from or to", a.mask)
	}
	network = network.Masked()
	first := network.Addr().As16()
	bits := network.Bits()
	if network.Addr().Is4() {
		bits += 96
	}
	next := first
	for i := bits - 1; i >= 0; i-- { // adds one to the number that the first bits are
		next[i/8] ^= 1 << (7 - i%8)
		if next[i/8]&(1<<(7-i%8)) != 0 {
			break
		}
	}
	r.key, r.from = cmp.Or(a.key, a.mask), first[:]
	r.head = appendText(r.head, "from", network.Addr().String())
	if next != [16]byte{} {
		r.to = next[:]
		r.head = appendText(r.head, "to", netip.AddrFrom16(next).Unmap().String())
	}
	return r, nil
}

func (d *ranges) start(r *run, n *node) state {
	s := &rangesState{of: d}
	for range d.list {
		s.buckets = append(s.buckets, r.bucket(n))
	}
	return s
}

// rangesState has the buckets of ranges.
type rangesState struct {
	noValue
	of      *ranges
	buckets []*bucket
	key     []byte
}

func (s *rangesState) add(p *plan, o *object) {
	f := p.field()
	list := p.own.([]madeRange)
	if p.typ == "ip_range" {
		keys := f.addresses(o)
		s.each(p, o, list, len(keys), func(i int) []byte { return keys[i] })
		return
	}
	numbers := f.numbersOrDates(o, s.of.dates)
	s.each(p, o, list, len(numbers), func(i int) []byte {
		s.key = appendReal(s.key[:0], numbers[i])
		return s.key
	})
}

// each puts an object into the ranges that hold one of its n values.
func (s *rangesState) each(p *plan, o *object, list []madeRange, n int, value func(i int) []byte) {
	if n == 0 {
		return
	}
	for i := range list {
		for j := range n {
			if list[i].holds(value(j)) {
				s.buckets[i].add(p, o)
				break
			}
		}
	}
}

func (r *madeRange) holds(key []byte) bool {
	return bytes.Compare(key, r.from) >= 0 && (r.to == nil || bytes.Compare(key, r.to) < 0)
}

// numbersOrDates returns the numbers of an object, or its dates.
func (f *field) numbersOrDates(o *object, dates bool) []float64 {
	if dates {
		return f.dates(o)
	}
	return f.numbers(o)
}

// addresses returns the addresses of an object, as 16 bytes.
func (f *field) addresses(o *object) (list [][]byte) {
	for _, key := range f.keys(o) {
		switch key[0] {
		case tagAddress:
			list = append(list, key[1:])
		case tagText:
			if a, err := netip.ParseAddr(string(key[1:])); err == nil {
				full := a.As16()
				list = append(list, full[:])
			}
		}
	}
	return list
}

func (s *rangesState) finish(r *run, n *node) *result {
	res := &result{multi: true, keyed: s.of.keyed}
	list, _ := r.shown[n].([]madeRange)
	for i, b := range s.buckets {
		if r.answered(); r.err != nil || list == nil {
			return res
		}
		a := r.answer(n, b)
		if a.name = list[i].key; !s.of.keyed {
			a.head = appendText(a.head, "key", a.name)
		}
		a.head = append(a.head, list[i].head...)
		res.buckets = append(res.buckets, a)
	}
	return res
}
