package highlight

import "strings"

// encoders are what the option encoder names. An unknown one changes nothing (Elasticsearch).
var encoders = map[string]*strings.Replacer{
	"html": strings.NewReplacer(
		`"`, "&quot;", "&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#x27;", "/", "&#x2F;",
	),
}

// encode returns a text as it stands in a fragment.
func (o *options) encode(text string) string {
	if e := encoders[o.encoder]; e != nil {
		return e.Replace(text)
	}
	return text
}

// trimmed returns a text without white space and control characters around it (Java: String.trim).
func trimmed(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
}
