package aggregation

import (
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
)

// nestedOf is nested: the nested objects of documents, each for itself.
type nestedOf struct{ path string }

func readNested(n *node, raw []byte) (definition, error) {
	d := &nestedOf{}
	err := n.read(n.typ, raw, options{"path": text(&d.path)})
	if err == nil && d.path == "" {
		err = n.wrong("Missing [path] field for nested aggregation [%s]", n.name)
	}
	return d, err
}

func (*nestedOf) singleBucket() {}

func (d *nestedOf) bind(b *binder, p *plan) error {
	var levels []*scope
	inner := p.scope
	if b.schema.Nested(d.path) && strings.HasPrefix(d.path, prefixOf(p.scope.path)) {
		for _, path := range pathsTo(d.path) {
			if b.schema != nil && b.schema.Nested(path) && len(path) > len(p.scope.path) || path == d.path {
				inner = inner.below(path)
				levels = append(levels, inner)
			}
		}
	}
	if levels != nil {
		p.own = newNestedObjects(levels)
	}
	return b.subs(p, inner)
}

func prefixOf(path string) string {
	if path == "" {
		return ""
	}
	return path + "."
}

// pathsTo returns the paths of all objects around a path, and itself, the outermost first.
func pathsTo(path string) (list []string) {
	for i := range len(path) {
		if path[i] == '.' {
			list = append(list, path[:i])
		}
	}
	return append(list, path)
}

func (*nestedOf) start(r *run, n *node) state {
	return startSingle(r, n, func(p *plan, o *object, b *bucket) {
		if objects, ok := p.own.(*nestedObjects); ok {
			objects.each(o, func(inner *object) { b.add(p, inner) })
		}
	})
}

func (*nestedOf) gather(p *plan, o *object) {
	if objects, ok := p.own.(*nestedObjects); ok {
		objects.each(o, p.gather)
	}
}

// reverseNested is reverse_nested: the documents, or outer nested objects, around nested objects, each once.
type reverseNested struct{ path string } // "": documents

func readReverseNested(n *node, raw []byte) (definition, error) {
	d := &reverseNested{}
	return d, n.read(n.typ, raw, options{"path": text(&d.path)})
}

func (*reverseNested) singleBucket() {}

func (d *reverseNested) bind(b *binder, p *plan) error {
	if p.scope.parent == nil {
		return p.wrong("Reverse nested aggregation [%s] can only be used inside a [nested] aggregation", p.name)
	}
	outer := p.scope
	for outer != nil && outer.path != d.path {
		outer = outer.parent
	}
	p.own = outer
	if outer == nil { // there are no such objects around
		outer = p.scope
	}
	return b.subs(p, outer)
}

func (*reverseNested) start(r *run, n *node) state {
	last := uint64(0)
	var lastParent *object
	return startSingle(r, n, func(p *plan, o *object, b *bucket) {
		outer := o.outer(p.own.(*scope))
		if outer == nil || outer == lastParent && outer.serial == last {
			return
		}
		lastParent, last = outer, outer.serial
		b.add(p, outer)
	})
}

func (*reverseNested) gather(p *plan, o *object) {
	if outer := o.outer(p.own.(*scope)); outer != nil {
		p.gather(outer)
	}
}

// places returns where a nested object is, nil for a document.
func (o *object) places() (list fieldpath.NestedPlaces) {
	for at := o; at.parent != nil; at = at.parent {
		field := strings.TrimPrefix(at.scope.path, prefixOf(at.parent.scope.path))
		list = append(list, fieldpath.NestedPlace{Field: field, Offset: at.offset})
	}
	slices.Reverse(list)
	return list
}
