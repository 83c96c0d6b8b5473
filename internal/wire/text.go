package wire

import (
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Text is a string that need not be valid UTF-8, as ids that somebody asks for. Its JSON is a string, or {"base64"}
// where JSON has no string for it.
type Text string

// MarshalJSON returns the JSON of the text.
func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return rawjson.AppendString(nil, string(t)), nil
	}
	return json.Marshal(encodedText{base64.StdEncoding.EncodeToString([]byte(t))})
}

// UnmarshalJSON reads the JSON of a text.
func (t *Text) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '{' {
		var e encodedText
		if err := json.Unmarshal(text, &e); err != nil {
			return err
		}
		b, err := base64.StdEncoding.DecodeString(e.Base64)
		*t = Text(b)
		return err
	}
	return json.Unmarshal(text, (*string)(t))
}

type encodedText struct {
	Base64 string `json:"base64"`
}

// Texts returns strings as texts, nil as nil.
func Texts(list []string) []Text {
	if list == nil {
		return nil
	}
	texts := make([]Text, len(list))
	for i, s := range list {
		texts[i] = Text(s)
	}
	return texts
}

// Strings is the inverse of Texts.
func Strings(list []Text) []string {
	if list == nil {
		return nil
	}
	strings := make([]string, len(list))
	for i, t := range list {
		strings[i] = string(t)
	}
	return strings
}
