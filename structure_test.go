package kuzzlite_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostTied is how many files there may be of which each needs all the others, directly or by way of others.
const mostTied = 4

// Files of one package may need one another in circles, and whoever wants to understand one of such a knot has to read
// all. So the type checker says which file names what of which other one, and the largest knot stays small.
func TestStructure(t *testing.T) {
	for _, dir := range []string{".", "query/aggregation"} {
		ties := tiesOf(t, dir)
		for _, knot := range knotsOf(ties) {
			if len(knot) > mostTied {
				t.Errorf("%s: %d files need one another, more than %d: %s", dir, len(knot), mostTied, explain(knot, ties))
			}
		}
	}
}

// explain says what the files of a knot need of one another.
func explain(knot []string, ties map[string]map[string][]string) string {
	var s strings.Builder
	for _, from := range knot {
		for _, to := range knot {
			if what := ties[from][to]; len(what) > 0 {
				fmt.Fprintf(&s, "\n%s needs of %s: %s", from, to, strings.Join(what, " "))
			}
		}
	}
	return s.String()
}

// tiesOf says for each file of a package what it names of which other one.
func tiesOf(t *testing.T, dir string) map[string]map[string][]string {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	// Other packages may stay unknown, which is an error, and leaves what this one names of itself as it is.
	conf := types.Config{Importer: unknownPackages{importer.Default()}, Error: func(error) {}}
	pkg, _ := conf.Check("kuzzlite", fset, files, info)
	file := func(p token.Pos) string { return filepath.Base(fset.Position(p).Filename) }
	ties := map[string]map[string][]string{}
	for _, f := range files {
		ties[file(f.Pos())] = map[string][]string{}
	}
	for id, obj := range info.Uses {
		if obj.Pkg() != pkg || !obj.Pos().IsValid() {
			continue
		}
		from, to := file(id.Pos()), file(obj.Pos())
		if from != to && !slices.Contains(ties[from][to], obj.Name()) {
			ties[from][to] = append(ties[from][to], obj.Name())
		}
	}
	return ties
}

// unknownPackages imports nothing but what the standard library has.
type unknownPackages struct{ standard types.Importer }

func (u unknownPackages) Import(path string) (*types.Package, error) {
	if isStandard(path) {
		return u.standard.Import(path)
	}
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

// knotsOf returns the strongly connected components, by Tarjan.
func knotsOf(ties map[string]map[string][]string) (knots [][]string) {
	index, low := map[string]int{}, map[string]int{}
	var stack []string
	var visit func(file string)
	visit = func(file string) {
		index[file] = len(index) + 1
		low[file] = index[file]
		stack = append(stack, file)
		for to := range ties[file] {
			if index[to] == 0 {
				visit(to)
				low[file] = min(low[file], low[to])
			} else if slices.Contains(stack, to) {
				low[file] = min(low[file], index[to])
			}
		}
		if low[file] != index[file] {
			return
		}
		at := slices.Index(stack, file)
		knot := slices.Clone(stack[at:])
		stack = stack[:at]
		slices.Sort(knot)
		knots = append(knots, knot)
	}
	for file := range ties {
		if index[file] == 0 {
			visit(file)
		}
	}
	return knots
}
