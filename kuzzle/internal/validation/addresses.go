package validation

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Addresses in texts, by what Kuzzle takes for such.

func isIP(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// The lengths of addresses, in bytes.
const (
	longestEmail     = 254
	longestLocalPart = 64
	longestURL       = 2082
	longestLabel     = 63
)

var (
	// localPart is a part of what stands before the @, between dots.
	localPart = regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+\\-/=?^_`{|}~\u00A1-\uD7FF\uF900-\uFDCF\uFDF0-\uFFEF]+$")

	// quotedLocalPart is the whole of it, in quotes.
	quotedLocalPart = regexp.MustCompile(`^"([^"\\\x00-\x08\x0A-\x1F\x7F]|\\[\x20-\x7E\t])*"$`)

	label  = regexp.MustCompile("^[a-zA-Z0-9\u00A1-\uFEFF\uFFF0-\uFFFF-]+$")
	topOne = regexp.MustCompile("^([a-zA-Z\u00A1-\u00A8\u00AA-\uD7FF\uF900-\uFDCF\uFDF0-\uFFEF]{2,}|" +
		"(?i:xn)[a-zA-Z0-9-]{2,})$")
	digits = regexp.MustCompile(`^[0-9]+$`)
)

// isEmail says whether a text is the address of a mailbox in a domain.
func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	if at < 0 || len(text) > longestEmail {
		return false
	}
	local := text[:at]
	if len(local) > longestLocalPart || !isDomain(text[at+1:]) {
		return false
	}
	if strings.HasPrefix(local, `"`) {
		return quotedLocalPart.MatchString(local)
	}
	for part := range strings.SplitSeq(local, ".") {
		if !localPart.MatchString(part) {
			return false
		}
	}
	return true
}

// isDomain says whether a text is the name of a host, with a top-level domain.
func isDomain(text string) bool {
	labels := strings.Split(text, ".")
	if len(labels) < 2 || !topOne.MatchString(labels[len(labels)-1]) {
		return false
	}
	for _, l := range labels {
		if len(l) > longestLabel || !label.MatchString(l) || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	return true
}

// isURL says whether a text leads to a host that has an address or a full name, by HTTP or FTP, which it need not say.
func isURL(text string) bool {
	if len(text) > longestURL || strings.ContainsAny(text, "<> \t\n\r\v\f\u00A0\u2028\u2029") ||
		strings.HasPrefix(text, "mailto:") || strings.HasPrefix(text, "//") {
		return false
	}
	text, _, _ = strings.Cut(text, "#")
	text, _, _ = strings.Cut(text, "?")
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		if !slices.Contains([]string{"http", "https", "ftp"}, strings.ToLower(scheme)) {
			return false
		}
		text = rest
	}
	host, _, _ := strings.Cut(text, "/")
	if user, rest, ok := strings.Cut(host, "@"); ok {
		if user == "" || user == ":" || strings.Count(user, ":") > 1 {
			return false
		}
		host = rest
	}
	return isHost(host)
}

// isHost says whether a text is a host, perhaps with a port.
func isHost(text string) bool {
	if inside, ok := strings.CutPrefix(text, "["); ok {
		address, port, closed := strings.Cut(inside, "]")
		ip, err := netip.ParseAddr(address)
		return closed && err == nil && ip.Is6() && (port == "" || port[0] == ':' && isPort(port[1:]))
	}
	host, port, hasPort := strings.Cut(text, ":")
	return (isDomain(host) || isIP(host)) && (!hasPort || isPort(port))
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return digits.MatchString(text) && err == nil && n > 0
}
