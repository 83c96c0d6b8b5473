package behaviour

// Merge is a change of a document, and what comes of it.
type Merge struct {
	Name           string
	Target, Change string
	Elasticsearch  string // by the rules of Elasticsearch's partial updates; Same: nothing changes
	Patch          string // by those of RFC 7396
}

// Same stands for the target of a Merge.
const Same = ""

// Merges are how changes are merged into a document. A target may be no object at all.
var Merges = []Merge{
	{"replace a scalar", `{"a":1,"b":2}`, `{"a":3}`, `{"a":3,"b":2}`, `{"a":3,"b":2}`},
	{"append in request order", `{"a":1}`, `{"z":1,"b":{"c":[]},"k":"x"}`, `{"a":1,"z":1,"b":{"c":[]},"k":"x"}`,
		`{"a":1,"z":1,"b":{"c":[]},"k":"x"}`},
	{"append to an empty object", `{}`, `{"a":1,"b":2}`, `{"a":1,"b":2}`, `{"a":1,"b":2}`},
	{"nested", `{"a":{"b":{"c":1,"d":2}},"e":3}`, `{"a":{"b":{"d":4,"f":5},"g":6}}`,
		`{"a":{"b":{"c":1,"d":4,"f":5},"g":6},"e":3}`, `{"a":{"b":{"c":1,"d":4,"f":5},"g":6},"e":3}`},
	{"arrays are replaced whole", `{"a":[1,{"b":2}]}`, `{"a":[{"b":3}]}`, `{"a":[{"b":3}]}`, `{"a":[{"b":3}]}`},
	{"object over scalar", `{"a":1}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
	{"empty object over scalar", `{"a":1}`, `{"a":{}}`, `{"a":{}}`, `{"a":{}}`},
	{"object over array", `{"a":[1]}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
	{"object over null", `{"a":null}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
	{"scalar over object", `{"a":{"b":1}}`, `{"a":1}`, `{"a":1}`, `{"a":1}`},
	{"array over object", `{"a":{"b":1}}`, `{"a":[]}`, `{"a":[]}`, `{"a":[]}`},
	{"empty object over object", `{"a":{"b":1}}`, `{"a":{}}`, Same, Same},
	{"empty change", `{"a":{"b":1}}`, `{}`, Same, Same},
	{"dotted keys are literal", `{"a":{"b":1}}`, `{"a.b":2}`, `{"a":{"b":1},"a.b":2}`, `{"a":{"b":1},"a.b":2}`},
	{"keys that other libraries read as paths", `{"@type":1,"a|b":2,"a.#":3,"*":4,"?":5,"":6}`,
		`{"?":0,"*":0,"a.#":0,"a|b":0,"@type":0,"":0}`, `{"@type":0,"a|b":0,"a.#":0,"*":0,"?":0,"":0}`,
		`{"@type":0,"a|b":0,"a.#":0,"*":0,"?":0,"":0}`},

	{"null", `{"a":1,"b":2}`, `{"a":null}`, `{"a":null,"b":2}`, `{"b":2}`},
	{"null for the last", `{"a":1,"b":2}`, `{"b":null}`, `{"a":1,"b":null}`, `{"a":1}`},
	{"null for the middle", `{"a":1,"b":2,"c":3}`, `{"b":null}`, `{"a":1,"b":null,"c":3}`, `{"a":1,"c":3}`},
	{"null for all", `{"a":1,"b":2,"c":3}`, `{"b":null,"c":null,"a":null}`, `{"a":null,"b":null,"c":null}`, `{}`},
	{"null for the first two", `{"a":1,"b":2,"c":3}`, `{"b":null,"a":null}`, `{"a":null,"b":null,"c":3}`, `{"c":3}`},
	{"null for the last two", `{"a":1,"b":2,"c":3}`, `{"b":null,"c":null}`, `{"a":1,"b":null,"c":null}`, `{"a":1}`},
	{"null for all, and a new one", `{"a":1,"b":2}`, `{"b":null,"c":4,"a":null}`, `{"a":null,"b":null,"c":4}`,
		`{"c":4}`},
	{"null for the last, and a new one", `{"a":1,"b":2}`, `{"b":null,"c":4}`, `{"a":1,"b":null,"c":4}`,
		`{"a":1,"c":4}`},
	{"null nested", `{"a":{"b":1},"c":2}`, `{"a":{"b":null}}`, `{"a":{"b":null},"c":2}`, `{"a":{},"c":2}`},
	{"null over stored null", `{"a":null}`, `{"a":null}`, Same, `{}`},
	{"null for what is absent", `{"a":1}`, `{"b":null}`, `{"a":1,"b":null}`, Same},
	{"nulls in new objects", `{}`, `{"a":{"b":null,"c":{"d":null},"e":1}}`, `{"a":{"b":null,"c":{"d":null},"e":1}}`,
		`{"a":{"c":{},"e":1}}`},
	{"nulls in an object over a scalar", `{"a":1}`, `{"a":{"b":null,"c":2}}`, `{"a":{"b":null,"c":2}}`,
		`{"a":{"c":2}}`},
	{"nulls in arrays", `{}`, `{"a":[null,{"b":null}]}`, `{"a":[null,{"b":null}]}`, `{"a":[null,{"b":null}]}`},

	{"bytes that are not touched stay", `{"n":9007199254740993,"f":1.10,"e":"\u0041\/","o":{"z":1E5,"a":-0},"x":0}`,
		`{"x":1}`, `{"n":9007199254740993,"f":1.10,"e":"\u0041\/","o":{"z":1E5,"a":-0},"x":1}`,
		`{"n":9007199254740993,"f":1.10,"e":"\u0041\/","o":{"z":1E5,"a":-0},"x":1}`},
	{"equal values keep the stored bytes", `{"f":1.10,"e":"\u0041","o":{"a":1,"b":2},"l":[{"x":1,"y":2}],"c":1}`,
		`{"f":1.1,"e":"A","o":{"b":2,"a":1},"l":[{"y":2,"x":1}]}`, Same, Same},
	{"integer and float differ", `{"a":1}`, `{"a":1.0}`, `{"a":1.0}`, `{"a":1.0}`},
	{"beyond 2^53", `{"a":9007199254740993}`, `{"a":9007199254740992}`, `{"a":9007199254740992}`,
		`{"a":9007199254740992}`},
	{"escaped key in the target", `{"\u0061":1,"b":2}`, `{"a":3}`, `{"\u0061":3,"b":2}`, `{"\u0061":3,"b":2}`},
	{"escaped key in the change", `{"a":1,"b":2}`, `{"\u0061":3,"\u0063":4}`, `{"a":3,"b":2,"\u0063":4}`,
		`{"a":3,"b":2,"\u0063":4}`},
	{"lone surrogates", `{"\ud800":1}`, `{"\uD800":2,"\ud801":3}`, `{"\ud800":2,"\ud801":3}`,
		`{"\ud800":2,"\ud801":3}`},
	{"braces and quotes in strings", `{"a":"}\"{[","b":["]","\\"],"c":1}`, `{"c":2}`,
		`{"a":"}\"{[","b":["]","\\"],"c":2}`, `{"a":"}\"{[","b":["]","\\"],"c":2}`},
	{"no object at all", ``, `{"a":{"b":null}}`, `{"a":{"b":null}}`, `{"a":{}}`},
}

// Creation is what is created of changes and a default, "" for none, by each of the store's rules.
type Creation struct {
	Name, Changes, Default                        string
	DefaultsDeep, DefaultsShallow, ChangesShallow string
	ChangesDeep                                   string
}

// Creations are how changes and a default combine.
var Creations = []Creation{
	{"no default", `{"a":1}`, ``, `{"a":1}`, `{"a":1}`, `{"a":1}`, `{"a":1}`},
	{"empty default", `{"a":1}`, `{}`, `{"a":1}`, `{"a":1}`, `{"a":1}`, `{"a":1}`},
	{"empty changes", `{}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
	{"order of keys", `{"b":1,"a":2}`, `{"c":3,"a":4}`, `{"b":1,"a":4,"c":3}`, `{"b":1,"a":4,"c":3}`,
		`{"c":3,"a":2,"b":1}`, `{"c":3,"a":2,"b":1}`},
	{"nested", `{"n":{"p":1,"x":1}}`, `{"n":{"q":1,"x":2}}`, `{"n":{"p":1,"x":2,"q":1}}`, `{"n":{"q":1,"x":2}}`,
		`{"n":{"p":1,"x":1}}`, `{"n":{"q":1,"x":1,"p":1}}`},
	{"null in the default", `{"a":1}`, `{"a":null}`, `{"a":null}`, `{"a":null}`, `{"a":1}`, `{"a":1}`},
	{"object against scalar", `{"a":1,"b":{"c":1}}`, `{"a":{"c":1},"b":2}`, `{"a":{"c":1},"b":2}`,
		`{"a":{"c":1},"b":2}`, `{"a":1,"b":{"c":1}}`, `{"a":1,"b":{"c":1}}`},
	{"empty object in the default", `{"a":{"b":1}}`, `{"a":{}}`, `{"a":{"b":1}}`, `{"a":{}}`, `{"a":{"b":1}}`,
		`{"a":{"b":1}}`},
	{"equal values are the winner's", `{"a":1.0}`, `{"a":1.00}`, `{"a":1.00}`, `{"a":1.00}`, `{"a":1.0}`,
		`{"a":1.0}`},
	{"Kuzzle's example", `{"x":1,"n":{"p":1}}`, `{"x":2,"n":{"q":1},"_kuzzle_info":{"evil":1}}`,
		`{"x":2,"n":{"p":1,"q":1},"_kuzzle_info":{"evil":1}}`, `{"x":2,"n":{"q":1},"_kuzzle_info":{"evil":1}}`,
		`{"x":1,"n":{"p":1},"_kuzzle_info":{"evil":1}}`, `{"x":1,"n":{"q":1,"p":1},"_kuzzle_info":{"evil":1}}`},
}
