// Package fieldpath finds the values of fields in JSON documents, those of many fields in one pass over the document.
//
// A field is named by a dotted path. The path leads through objects, through arrays of objects (each of them), and
// through keys that hold dots themselves: in {"a":{"b":1},"a.b":2,"c":[{"d":3},{"d":4}]} the field a.b has the values 1
// and 2, and c.d has 3 and 4 (Elasticsearch: object fields, and "subobjects" in keys). A field whose value is an array has
// the elements of the array, and of the arrays in the array, as its values.
//
// Documents must be valid JSON as rawjson.Compact returns it. No input makes the package panic or loop; what is found in
// invalid JSON is not said.
package fieldpath
