package query

import "github.com/kuzzlite/kuzzlite/internal/rawjson"

// The full-text conditions for people.

// Match matches documents of which the values of the field have one of the words of text, or more. Words are what the
// standard analyzer of Elasticsearch makes of a string: runs of letters and digits, in lower case. A text without words
// matches nothing.
func Match(field, text string) *Query { return textQuery(field, text, matchHow{}) }

// MatchEvery is Match for all words of the text, in any order: also in different values of the field, if it has several.
func MatchEvery(field, text string) *Query { return textQuery(field, text, matchHow{every: true}) }

// MatchPrefix is MatchEvery, but the last word of the text is the beginning of a word: what somebody is typing.
func MatchPrefix(field, text string) *Query {
	return textQuery(field, text, matchHow{every: true, form: formWordsPrefix})
}

// Phrase is Match for all words of the text in its order, with nothing between them.
func Phrase(field, text string) *Query { return textQuery(field, text, matchHow{form: formPhrase}) }

func textQuery(field, text string, how matchHow) *Query {
	how.most = defaultExpansions
	return &Query{&match{field: field, value: rawjson.AppendString(nil, text), how: how}}
}
