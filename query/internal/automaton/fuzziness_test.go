package automaton

import "testing"

const (
	notWhole = "fuzziness needs to be one of 0.0, 1.0 or 2.0 but was "
	notValid = "Valid edit distances are [0, 1, 2] but was "
	noBounds = "failed to find low and high distance values"
)

var fuzzinessTests = []struct {
	text, err string
	edits     [8]int // of terms of 0 to 7 code points
}{
	{"AUTO", "", [8]int{0, 0, 0, 1, 1, 1, 2, 2}},
	{"auto", "", [8]int{0, 0, 0, 1, 1, 1, 2, 2}},
	{"Auto:1,2", "", [8]int{0, 1, 2, 2, 2, 2, 2, 2}},
	{"AUTO:0,0", "", [8]int{2, 2, 2, 2, 2, 2, 2, 2}},
	{"AUTO:+4,7,,", "", [8]int{0, 0, 0, 0, 1, 1, 1, 2}},
	{"0", "", [8]int{}},
	{"1", "", [8]int{1, 1, 1, 1, 1, 1, 1, 1}},
	{"2", "", [8]int{2, 2, 2, 2, 2, 2, 2, 2}},
	{" 2.0 ", "", [8]int{2, 2, 2, 2, 2, 2, 2, 2}},
	{"+1.f", "", [8]int{1, 1, 1, 1, 1, 1, 1, 1}},
	{"0x1p0D", "", [8]int{1, 1, 1, 1, 1, 1, 1, 1}},
	{"-0.5", "", [8]int{}},
	{"1e-50", "", [8]int{}},
	{"2.9", notWhole + "2.9", [8]int{}},
	{".5", notWhole + "0.5", [8]int{}},
	{"0.001", notWhole + "0.001", [8]int{}},
	{"0.0005", notWhole + "5.0E-4", [8]int{}},
	{"0.0001234567", notWhole + "1.234567E-4", [8]int{}},
	{"1.25e-12", notWhole + "1.25E-12", [8]int{}},
	{"3", notValid + "[3]", [8]int{}},
	{"2.99999999", notValid + "[3]", [8]int{}}, // a float of 32 bits
	{"-1", notValid + "[-1]", [8]int{}},
	{"-2.9", notValid + "[-2]", [8]int{}},
	{"1e40", notValid + "[2147483647]", [8]int{}},
	{"-1e40", notValid + "[-2147483648]", [8]int{}},
	{"", "fuzziness cannot be null or empty.", [8]int{}},
	{"x", "fuzziness cannot be [x].", [8]int{}},
	{"AUTOX", "fuzziness cannot be [AUTOX].", [8]int{}},
	{"NaN", "fuzziness cannot be [NaN].", [8]int{}},
	{"Infinity", "fuzziness cannot be [Infinity].", [8]int{}},
	{"1_0", "fuzziness cannot be [1_0].", [8]int{}},
	{"0x1", "fuzziness cannot be [0x1].", [8]int{}},
	{"--1", "fuzziness cannot be [--1].", [8]int{}},
	{"f", "fuzziness cannot be [f].", [8]int{}},
	{"AUTO:", noBounds, [8]int{}},
	{"AUTO:1", noBounds, [8]int{}},
	{"AUTO:1,", noBounds, [8]int{}},
	{"AUTO:1,2,3", noBounds, [8]int{}},
	{"auto:a,b", `failed to parse [AUTO:A,B] as a "auto:int,int"`, [8]int{}},
	{"AUTO: 1,2", `failed to parse [AUTO: 1,2] as a "auto:int,int"`, [8]int{}},
	{"AUTO:,2", `failed to parse [AUTO:,2] as a "auto:int,int"`, [8]int{}},
	{"AUTO:1,99999999999", `failed to parse [AUTO:1,99999999999] as a "auto:int,int"`, [8]int{}},
	{"AUTO:5,3", "fuzziness wrongly configured [AUTO:5,3]. Must be 0 < lower value <= higher value.", [8]int{}},
	{"AUTO:-1,3", "fuzziness wrongly configured [AUTO:-1,3]. Must be 0 < lower value <= higher value.", [8]int{}},
}

func TestParseFuzziness(t *testing.T) {
	for _, test := range fuzzinessTests {
		f, err := ParseFuzziness(test.text)
		if errorText(err) != test.err {
			t.Errorf("%q: %v, want %s", test.text, err, test.err)
		}
		for n, want := range test.edits {
			if got := f.Edits("éaé😀aéa"[:len(string([]rune("éaé😀aéa")[:n]))]); got != want {
				t.Errorf("%q allows %d edits of %d characters, want %d", test.text, got, n, want)
			}
		}
	}
}

func TestNumberFuzziness(t *testing.T) {
	for n, want := range map[float64]int{0: 0, 1: 1, 2: 2, 2.9: 2, 0.9: 0, -0.5: 0, 1e-300: 0} {
		if f, err := NumberFuzziness(n); err != nil || f.Edits("abc") != want {
			t.Errorf("%v: %v, %v", n, f, err)
		}
	}
	for n, want := range map[float64]string{3: "3", -1: "-1", -1.5: "-1", 1e300: "2147483647"} {
		want = "Valid edit distances are [0, 1, 2] but was [" + want + "]"
		if _, err := NumberFuzziness(n); errorText(err) != want {
			t.Errorf("%v: %v, want %s", n, err, want)
		}
	}
	if AutoFuzziness.Edits("ab") != 0 || AutoFuzziness.Edits("abcde") != 1 || AutoFuzziness.Edits("abcdef") != 2 {
		t.Error("AUTO is not AUTO:3,6")
	}
}
