package analysis

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// termsOf returns the terms of a text.
func termsOf(t testing.TB, analyzer, text string) []string {
	t.Helper()
	a, err := Lookup(analyzer)
	if err != nil {
		t.Fatal(err)
	}
	var terms []string
	a.Each([]byte(text), &Scratch{}, func(k Token) bool {
		terms = append(terms, string(k.Term))
		return true
	})
	return terms
}

// What Elasticsearch 8.17 and Lucene 9.12 make of a text. The terms are separated by spaces, which are in none of them.
// Code points that are newer than Unicode 12 are no tokens, but for emoji, for which it reserved code points.
var splits = []struct{ analyzer, text, want string }{
	{"standard", "The QUICK brown_fox's", "the quick brown_fox's"},
	{"standard", "https://www.example.com/a_b/c-d?x=1&y=2.5", "https www.example.com a_b c d x 1 y 2.5"},
	{"standard", "john.doe@example.co.uk", "john.doe example.co.uk"},
	{"standard", "O'Neil's dog’s don't", "o'neil's dog’s don't"},
	{"standard", "'tis rock 'n' roll'", "tis rock n roll"},
	{"standard", "wi-fi 2024-01-05 one—two–three", "wi fi 2024 01 05 one two three"},
	{"standard", "1,000.50 1.2.3 192.168.0.1 v1.2 1_000 3'000", "1,000.50 1.2.3 192.168.0.1 v1.2 1_000 3'000"},
	{"standard", "10:30 a:b a1:b 1a.b 1.a a.1", "10 30 a:b a1 b 1a.b 1 a a 1"},
	{"standard", "2018-02-07T10:20:30Z", "2018 02 07t10 20 30z"},
	{"standard", "a,b 1,2 1;2 a;b 1, ,2", "a b 1,2 1;2 a b 1 2"},
	{"standard", "a.b a. .a U.S.A. a..b", "a.b a a u.s.a a b"},
	{"standard", "AT&T C++ C# .NET 50% $5 #tag @user", "at t c c net 50 5 tag user"},
	{"standard", "__init__ _ __ _a a_ a__b a_1 _1", "__init__ _a a_ a__b a_1 _1"},
	{"standard", "12abc abc12 1st", "12abc abc12 1st"},
	{"standard", "東京都に行く", "東 京 都 に 行 く"},
	{"standard", "ひら カタカナ ﾊﾝｶｸ カタカナが", "ひ ら カタカナ ﾊﾝｶｸ カタカナ が"},
	{"standard", "カa aカ カ_a カ1 ラーメン", "カ a a カ カ_a カ 1 ラーメン"},
	{"standard", "한국어 텍스트 한국어abc", "한국어 텍스트 한국어abc"},
	{"standard", "ภาษาไทย ไม่มีช่องว่าง aไทย", "ภาษาไทย ไม่มีช่องว่าง a ไทย"},
	{"standard", "ສະບາຍດີ ភាសាខ្មែរ မြန်မာ", "ສະບາຍດີ ភាសាខ្មែរ မြန်မာ"},
	{"standard", "שלום צה\"ל ג'ירפה ג' \"כן\"", "שלום צה\"ל ג'ירפה ג' כן"},
	{"standard", "א\"ב\"ג א\"ב.ג a'א'", "א\"ב ג א\"ב ג a'א"},
	{"standard", "مرحبا كِتَاب हिन्दी भाषा", "مرحبا كِتَاب हिन्दी भाषा"},
	{"standard", "👍👍 👍🏽 ☃ ♥ → ½ ℹ️ © 🏽", "👍 👍 👍🏽 ☃ ♥ ℹ️ © 🏽"},
	{"standard", "👩‍👩‍👧 🇫🇷 🇫 🇫🇷🇩🇪 a👍b", "👩‍👩‍👧 🇫🇷 🇫🇷 🇩🇪 a 👍 b"},
	{"standard", "#️⃣ *⃣ 1️⃣ # * #a", "#️⃣ *⃣ 1️⃣ a"},
	{"standard", "🏴\U000e0067\U000e0062\U000e007f ☝️\U000e0067\U000e007f ☝️\U000e0067",
		"🏴\U000e0067\U000e0062\U000e007f ☝️\U000e0067\U000e007f ☝️"},
	{"standard", "☝️\u200d🏽 ☝️\u200d☝️ ☝️\u0301 \u200d\u200d☝ a\u200d☝", // joiners
		"☝️\u200d🏽 ☝️\u200d☝️ ☝️ \u200d\u200d☝ a\u200d ☝"},
	{"standard", "x²+y² z½ ﬁne ﷺ Ⓜ", "x y z ﬁne ﷺ ⓜ"},
	{"standard", "İstanbul ISTANBUL ıI", "istanbul istanbul ıi"},
	{"standard", "I\u0307stanbul cafe\u0301 CAFÉ", "i\u0307stanbul cafe\u0301 café"},
	{"standard", "ΣΊΣΥΦΟΣ Straße STRASSE Ёлка ＦＵＬＬ １２３", "σίσυφοσ straße strasse ёлка ｆｕｌｌ １２３"},
	{"standard", "zero\u200bwidth soft\u00adhyphen nb\u00a0space\ttab\nend",
		"zero width soft\u00adhyphen nb space tab end"},
	{"standard", "\u0301a \u0301 a\u0301.\u0301b\u0301", "a a\u0301.\u0301b\u0301"},
	{"standard", "\U00016e40 \u0560 \U00016fe3", "\U00016e60 \u0560 \U00016fe3"}, // of 11, 11 and 12
	{"standard", "a\u0870b \U00030000 \U0001fad7", "a b \U0001fad7"},             // of 14, 13 and 14
	{"standard", "", ""},
	{"standard", "   ", ""},
	{"standard", "!!! ???", ""},
	{"default", "A-b", "a b"},
	{"simple", "The can't x2y İ_Σ über-", "the can t x y i σ über"},
	{"simple", "東京都 हिन्दी 1", "東京都 ह न द"},
	{"whitespace", "The  can't\tx\u00a0y\u2007z\u202f 12,5\u2003c\x1cd\u0085e\u3000f",
		"The can't x\u00a0y\u2007z\u202f 12,5 c d\u0085e f"},
	{"keyword", "Can't", "Can't"},
	{"stop", "The quick AND a fox, not the dog isn't", "quick fox dog isn t"},
}

func TestSplits(t *testing.T) {
	for _, s := range splits {
		var want []string
		if s.want != "" {
			want = strings.Split(s.want, " ")
		}
		if got := termsOf(t, s.analyzer, s.text); !slices.Equal(got, want) {
			t.Errorf("%s: %q:\ngot  %q\nwant %q", s.analyzer, s.text, got, want)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, name := range []string{"standard", "default", "simple", "stop", "whitespace", "keyword", DefaultName} {
		a, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if a.Name() != name {
			t.Errorf("%s is called %s", name, a.Name())
		}
	}
	// As recorded, behind "[multi_match] ".
	if _, err := Lookup("nowhere"); err == nil || err.Error() != "analyzer [nowhere] not found" {
		t.Errorf("an unknown one: %v", err)
	}
	for _, name := range []string{"", "Standard", "classic"} {
		if a, err := Lookup(name); err == nil {
			t.Errorf("%q is %s", name, a.Name())
		}
	}
}

// tokens returns the tokens of the values of a field as text: term@position[start:end].
func tokens(t testing.TB, analyzer string, gap int, values ...string) string {
	t.Helper()
	a, err := Lookup(analyzer)
	if err != nil {
		t.Fatal(err)
	}
	var (
		all     []string
		place   Place
		scratch Scratch
	)
	for _, v := range values {
		a.EachValue([]byte(v), &place, gap, &scratch, func(k Token) bool {
			all = append(all, fmt.Sprintf("%s@%d[%d:%d]", k.Term, k.Position, k.Start, k.End))
			return true
		})
	}
	return strings.Join(all, " ")
}

func TestPositions(t *testing.T) {
	for _, c := range []struct {
		analyzer string
		gap      int
		values   []string
		want     string
	}{
		{"standard", 100, []string{"Ab, cd!"}, "ab@0[0:2] cd@1[4:6]"},
		{"standard", 100, []string{"é İx"}, "é@0[0:2] ix@1[3:6]"},
		{"standard", 100, []string{"one two", "three four"}, "one@0[0:3] two@1[4:7] three@102[8:13] four@103[14:18]"},
		{"standard", 0, []string{"one two", "three"}, "one@0[0:3] two@1[4:7] three@2[8:13]"},
		{"standard", 100, []string{"", "a", "...", "b"}, "a@100[1:2] b@301[7:8]"},
		{"stop", 100, []string{"the a fox of the"}, "fox@2[6:9]"},
		{"stop", 100, []string{"x the", "the y"}, "x@0[0:1] y@103[10:11]"}, // stop words at the ends count
		{"keyword", 100, []string{"A b", "", "C"}, "A b@0[0:3] @101[4:4] C@202[5:6]"},
		{"whitespace", 100, []string{" A. b "}, "A.@0[1:3] b@1[4:5]"},
	} {
		if got := tokens(t, c.analyzer, c.gap, c.values...); got != c.want {
			t.Errorf("%s: %q:\ngot  %s\nwant %s", c.analyzer, c.values, got, c.want)
		}
	}
}

// A token has at most 255 UTF-16 units, and what follows begins anew.
func TestLongTokens(t *testing.T) {
	x := func(s string, n int) string { return strings.Repeat(s, n) }
	for _, c := range []struct{ analyzer, text, want string }{
		{"standard", x("x", 255), x("x", 255)},
		{"standard", x("X", 256), x("x", 255) + " x"},
		{"standard", x("x", 600) + " y", x("x", 255) + " " + x("x", 255) + " " + x("x", 90) + " y"},
		{"standard", x("é", 256), x("é", 255) + " é"},
		{"standard", x("𝒳", 128), x("𝒳", 127) + " 𝒳"}, // 2 units each
		{"standard", x("x", 254) + ".y", x("x", 254) + " y"},
		{"standard", x("x", 253) + ".y", x("x", 253) + ".y"},
		{"standard", x("x", 250) + x("_", 10) + "y", x("x", 250) + x("_", 5) + " " + x("_", 5) + "y"},
		{"standard", x("_", 300) + "y", x("_", 254) + "y"},
		{"standard", x("_", 300), ""},
		{"standard", x("ก", 300), x("ก", 255) + " " + x("ก", 45)},
		{"standard", "a" + x("\u0301", 300), "a" + x("\u0301", 254)},
		{"simple", x("x", 256), x("x", 255) + " x"},
		{"simple", "x" + x("𝒳", 128), "x" + x("𝒳", 127) + " 𝒳"},
		{"simple", x("𝒳", 129), x("𝒳", 128) + " 𝒳"}, // 256 units: behind the character that makes it 255
		{"whitespace", x(".", 256), x(".", 255) + " ."},
		{"keyword", x("x", 999), x("x", 999)},
	} {
		if got := strings.Join(termsOf(t, c.analyzer, c.text), " "); got != c.want {
			t.Errorf("%s: %.20s… of %d:\ngot  %q\nwant %q", c.analyzer, c.text, len(c.text), got, c.want)
		}
	}
}

func TestEachStops(t *testing.T) {
	for _, name := range []string{"standard", "simple", "stop", "whitespace", "keyword"} {
		a, _ := Lookup(name)
		seen := 0
		if a.Each([]byte("one two three"), &Scratch{}, func(Token) bool { seen++; return false }) {
			t.Errorf("%s: Each returned true", name)
		}
		if seen != 1 {
			t.Errorf("%s: %d tokens after the function returned false", name, seen)
		}
	}
}

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ analyzer, text, want string }{
		{"standard", "New-Yo", "new-yo"},
		{"default", "İΣßÉ", "iσßé"},
		{"simple", "A1", "a1"},
		{"stop", "The", "the"},
		{"whitespace", "New", "New"},
		{"keyword", "New", "New"},
		{"standard", "A\xff", "a\xff"},
		{"standard", "", ""},
	} {
		a, _ := Lookup(c.analyzer)
		if got := string(a.Normalize([]byte("+"), []byte(c.text))); got != "+"+c.want {
			t.Errorf("%s: %q: got %q, want %q", c.analyzer, c.text, got, "+"+c.want)
		}
	}
}

// The short way to text in lower case, for all code points.
func TestIsLower(t *testing.T) {
	quick := 0
	for r := range rune(utf8.MaxRune + 1) {
		text := []byte(string(r))
		if !isLower(text) {
			continue
		}
		if quick++; !bytes.Equal(appendLower(nil, text), text) {
			t.Errorf("%U is said to be in lower case", r)
		}
	}
	if quick < 100_000 {
		t.Errorf("the short way serves %d code points", quick)
	}
}

// Lucene's list, and words beside it.
func TestStopWords(t *testing.T) {
	all := "a an and are as at be but by for if in into is it no not of on or such that the their then there these " +
		"they this to was will with"
	if got := termsOf(t, "stop", strings.ToUpper(all)); got != nil {
		t.Errorf("stop words are left: %q", got)
	}
	others := "i he she we you from has have its do so than which who were would b c d s t them those"
	if got := strings.Join(termsOf(t, "stop", others), " "); got != others {
		t.Errorf("of %q are left: %q", others, got)
	}
}
