package filter

// Aggregation takes in what a query finds, on one goroutine. It keeps nothing of the bytes that it is given.
type Aggregation struct {
	// Add takes in a document that matches.
	Add func(id string, doc []byte, sequence uint64) error

	// Any takes in each document, whether it matches or not, before Add does; nil: nobody needs the others.
	Any func(id string, doc []byte, sequence uint64) error

	// Fields are all that Add looks at, in any order of the documents; nil: it looks at more.
	Fields []ValueField

	// Values takes in the fields of a document that matches instead of Add, a value for each of Fields. It is for
	// documents that have no more than one value of each.
	Values func(values []Value) error
}

// ValueField is a field of an aggregation.
type ValueField struct {
	Path    string // dotted
	Spelled bool   // it counts how numbers are written: 1.0 is not 1
	Floats  bool   // numbers count as the nearest float64 only, and may come as Value.Float
}

// Value is the value of a field.
type Value struct {
	JSON    []byte  // a scalar; nil: the document has none, or a number that is Float
	Float   float64 // if IsFloat is set
	IsFloat bool
	Turn    uint64 // the same as of another document only if the value is the same; above 0
}
