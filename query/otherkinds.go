package query

import "github.com/kuzzlite/kuzzlite/internal/rawjson"

// Kinds that answer to few clauses: the id of a document, binary, types that are stored only, and geo_point as far as
// it is no geographic clause.

// idKind is that of the field _id, which is the id of the document and has no value in the document.
type idKind struct{ mapped }

func newIDKind() *idKind { return &idKind{mapped{name: "_id", typ: "_id", indexed: true}} }

func (k *idKind) equal(_ *compiler, t *term) (valueTest, error) {
	id := javaText(t.value)
	if id == "" {
		return nil, refused("Ids can't be empty")
	}
	return func(d *document, _ []byte) bool { return d.ident() == id }, nil
}

func (k *idKind) exists() valueTest { return func(*document, []byte) bool { return true } }

// binaryKind is that of binary: the only question is whether there is a value.
type binaryKind struct{ mapped }

func (k *binaryKind) equal(*compiler, *term) (valueTest, error) {
	return nil, refused("Binary fields do not support searching")
}

// exists: only doc values tell that there was a value.
func (k *binaryKind) exists() valueTest {
	if !k.docValues {
		return nothing
	}
	return func(_ *document, v []byte) bool { return v[0] != 'n' && v[0] != '{' }
}

// pointKind is that of geo_point, for the clauses of this file's neighbours.
type pointKind struct{ mapped }

func (k *pointKind) equal(*compiler, *term) (valueTest, error) {
	return nil, refused("Geometry fields do not support exact searching, use dedicated geometry queries instead: [%s]",
		k.name)
}

func (k *pointKind) exists() valueTest {
	return func(_ *document, v []byte) bool { return k.valueOf(v) != nil }
}

// unsearchableKind is that of types whose values are not compared with anything: the only question is whether there is
// one.
type unsearchableKind struct{ mapped }

func (k *unsearchableKind) equal(*compiler, *term) (valueTest, error) {
	return nil, refused("Fields of type [%s] can only be asked whether they exist: [%s]", k.typ, k.name)
}

func (k *unsearchableKind) exists() valueTest {
	return func(_ *document, v []byte) bool { return k.valueOf(v) != nil }
}

// flattenedKind is that of flattened: an object of which all scalars are keywords. The field itself has the values of
// all keys; one behind a dot has those of this key.
type flattenedKind struct {
	keywordKind
	keyed bool
}

// leaf returns the test of a whole object: for one of its scalars, at any depth.
func (k *flattenedKind) leaf(meets valueTest) valueTest {
	if k.keyed {
		return meets
	}
	return func(d *document, v []byte) bool {
		return anyLeaf(v, rawjson.MaxDepth, func(v []byte) bool { return meets(d, v) })
	}
}

// anyLeaf says whether a scalar in a value meets a test.
func anyLeaf(v []byte, depth int, meets func([]byte) bool) bool {
	switch {
	case depth == 0:
		return false
	case v[0] == '{':
		for _, member := range rawjson.Members(v) {
			if anyLeaf(member, depth-1, meets) {
				return true
			}
		}
		return false
	case v[0] == '[':
		for _, e := range elements(v) {
			if anyLeaf(e, depth-1, meets) {
				return true
			}
		}
		return false
	}
	return meets(v)
}

func (k *flattenedKind) equal(c *compiler, t *term) (valueTest, error) {
	meets, err := k.keywordKind.equal(c, t)
	return k.leaf(meets), err
}

func (k *flattenedKind) between(c *compiler, s *span) (valueTest, error) {
	meets, err := k.keywordKind.between(c, s)
	return k.leaf(meets), err
}

// pattern: of the keys, only prefixes are known to Elasticsearch.
func (k *flattenedKind) pattern(c *compiler, p *pattern) (matcher, error) {
	if k.keyed && p.clause != clausePrefix && p.clause != clauseTerm {
		return nil, refused("[%s] queries are not currently supported on keyed [flattened] fields.", p.clause)
	}
	return k.keywordKind.pattern(c, p)
}

func (k *flattenedKind) matching(c *compiler, m matcher) (valueTest, error) {
	meets, err := k.keywordKind.matching(c, m)
	return k.leaf(meets), err
}

func (k *flattenedKind) exists() valueTest { return k.leaf(k.keywordKind.exists()) }
