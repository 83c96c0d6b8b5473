package query

import (
	"net/netip"
	"strconv"
	"strings"
)

// ipKind is that of ip: addresses of both versions in one order. An IPv4 address is the IPv6 address ::ffff:a.b.c.d.
type ipKind struct{ mapped }

// address returns the address that a value of a document is.
func (k *ipKind) address(d *document, v []byte) (netip.Addr, bool) {
	if v = k.valueOf(v); v == nil || v[0] != '"' {
		return netip.Addr{}, false
	}
	text := d.text(v)
	if a, ok := fourBytes(text); ok {
		return a, true
	}
	return addressOf(string(text))
}

// fourBytes reads an IPv4 address; ok is false for any other text. It allocates nothing, which net/netip does.
func fourBytes(text []byte) (a netip.Addr, ok bool) {
	if len(text) > len("255.255.255.255") {
		return a, false
	}
	bytes := [16]byte{10: 0xff, 11: 0xff}
	at, number, digits := 12, 0, 0
	for _, c := range text {
		switch {
		case c == '.' && digits > 0 && at < 15:
			bytes[at] = byte(number)
			at, number, digits = at+1, 0, 0
		case '0' <= c && c <= '9' && (digits == 0 || number > 0) && number*10+int(c-'0') < 256:
			number, digits = number*10+int(c-'0'), digits+1
		default:
			return a, false
		}
	}
	bytes[at] = byte(number)
	return netip.AddrFrom16(bytes), at == 15 && digits > 0
}

// addressOf reads an address without a zone.
func addressOf(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16(a.As16()), true
}

// queried reads an address of a query.
func (k *ipKind) queried(text string) (netip.Addr, error) {
	a, ok := addressOf(text)
	if !ok {
		return a, refused("'%s' is not an IP string literal.", text)
	}
	return a, nil
}

// network reads an address and the length of its prefix: 192.0.2.0/24.
func (k *ipKind) network(text string) (netip.Prefix, error) {
	address, bits, _ := strings.Cut(text, "/")
	if strings.Contains(bits, "/") || bits == "" || address == "" {
		return netip.Prefix{}, refused("Expected [ip/prefix] but was [%s]", text)
	}
	a, err := k.queried(address)
	if err != nil {
		return netip.Prefix{}, err
	}
	length, err := strconv.Atoi(bits)
	if err != nil {
		return netip.Prefix{}, refused("For input string: %q", bits)
	}
	most := 128
	if a.Is4In6() {
		most = 32
	}
	if length < 0 || length > most {
		return netip.Prefix{}, refused("Illegal prefix length [%d] in [%s]. Must be 0-32 for IPv4 ranges, "+
			"0-128 for IPv6 ranges", length, text)
	}
	return netip.PrefixFrom(a, length+128-most).Masked(), nil
}

func (k *ipKind) equal(_ *compiler, t *term) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	text := javaText(t.value)
	if strings.Contains(text, "/") {
		n, err := k.network(text)
		if err != nil {
			return nil, err
		}
		return func(d *document, v []byte) bool {
			a, ok := k.address(d, v)
			return ok && n.Contains(a)
		}, nil
	}
	wanted, err := k.queried(text)
	if err != nil {
		return nil, err
	}
	return func(d *document, v []byte) bool {
		a, ok := k.address(d, v)
		return ok && a == wanted
	}, nil
}

func (k *ipKind) between(_ *compiler, s *span) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	lower, upper := netip.IPv6Unspecified(), netip.AddrFrom16([16]byte{
		255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	})
	var err error
	if s.lower.value != nil {
		if lower, err = k.queried(javaText(s.lower.value)); err != nil {
			return nil, err
		}
	}
	if s.upper.value != nil {
		if upper, err = k.queried(javaText(s.upper.value)); err != nil {
			return nil, err
		}
	}
	least, most := 0, 0 // what comparing with the bounds must give
	if s.lower.excluded {
		least = 1
	}
	if s.upper.excluded {
		most = -1
	}
	return func(d *document, v []byte) bool {
		a, ok := k.address(d, v)
		return ok && a.Compare(lower) >= least && a.Compare(upper) <= most
	}, nil
}

func (k *ipKind) exists() valueTest {
	if k.searchable() != nil {
		return nothing
	}
	return func(d *document, v []byte) bool {
		_, ok := k.address(d, v)
		return ok
	}
}
