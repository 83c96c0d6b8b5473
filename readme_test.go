package kuzzlite_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite"
)

// What the documents say is held against the code: programs and commands are run, dumps compared, names and links
// looked up.

// TestReadmeProgram builds the Go program of the README and compares what it prints.
func TestReadmeProgram(t *testing.T) {
	blocks := fences(t, "README.md")
	program, output := blocks.all("go")[0], blocks.only(t, "text")

	binary := buildProgram(t, program)
	cmd := exec.Command(binary)
	cmd.Dir = t.TempDir()
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	if string(got) != output {
		t.Errorf("the program of the README prints\n%s\nnot\n%s", got, output)
	}
}

// buildProgram builds a program in this module.
func buildProgram(t *testing.T, program string) (binary string) {
	t.Helper()
	// An overlay puts the program into this module, so that it needs no other.
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	writeFile(t, source, program)
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{
		"Replace": map[string]string{filepath.Join(root, "readmeprogram", "main.go"): source},
	})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "overlay.json"), string(overlay))
	return goBuild(t, "./readmeprogram", "-overlay", filepath.Join(dir, "overlay.json"))
}

// TestReadmeService builds the service of the README.
func TestReadmeService(t *testing.T) {
	const head = `package main

import (
	"errors"
	"io"
	"log"
	"net/http"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/kuzzlite/kuzzlite/upstream"
)

func main() {
`
	service := fences(t, "README.md").all("go")[1]
	if lines := strings.Count(service, "\n"); lines > 25 {
		t.Errorf("it has %d lines", lines)
	}
	buildProgram(t, head+service+"}\n")
}

// TestReadmeCommands runs the kuzzlite commands of the README and compares what they print, but for times and rates. What
// a command prints is below it, up to the next command of the block.
func TestReadmeCommands(t *testing.T) {
	binary := goBuild(t, "./cmd/kuzzlite")
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("examples")); err != nil {
		t.Fatal(err)
	}
	ran := 0
	var sessions []string
	for _, block := range fences(t, "README.md").all("console") {
		block = strings.ReplaceAll(block, "\\\n", "") // a command that goes on in the next line
		sessions = append(sessions, strings.Split(strings.TrimPrefix(block, "$ "), "\n$ ")...)
	}
	for _, one := range sessions {
		command, want, _ := strings.Cut(one, "\n")
		args, ok := strings.CutPrefix(command, "go run ./cmd/kuzzlite ")
		if !ok {
			continue
		}
		cmd := exec.Command(binary, wordsOf(args)...)
		cmd.Dir = dir
		got, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if measured.ReplaceAllString(strings.TrimSuffix(string(got), "\n"), "N") !=
			measured.ReplaceAllString(strings.TrimSuffix(want, "\n"), "N") {
			t.Errorf("%s\nprints\n%s\nnot\n%s", command, got, want)
		}
		ran++
	}
	if ran == 0 {
		t.Error("the README has no kuzzlite command")
	}
}

// wordsOf takes a command line apart, as a shell does with single quotes and blanks.
func wordsOf(line string) (words []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

// measured are the parts of an output that differ from run to run.
var measured = regexp.MustCompile(`[0-9.e+-]+ (s|documents/s)\b`)

// TestReadmeLimits tries the limits that the README gives.
func TestReadmeLimits(t *testing.T) {
	const says = "Documents up to 16 MiB and 128 levels deep, unless options say otherwise. Ids have 1 to 512 bytes."
	if !strings.Contains(squeeze(readFile(t, "README.md")), says) {
		t.Errorf("the README no longer says %q: change this test, too", says)
	}
	db := openMemory()
	defer db.Close()
	col := db.Collection("i", "c")
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	sized := func(n int) string { return `{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}` }
	for _, test := range []struct {
		name, id, body string
		ok             bool
	}{
		{"16 MiB", "a", sized(16 << 20), true},
		{"16 MiB and a byte", "b", sized(16<<20 + 1), false},
		{"128 levels", "c", nested(128), true},
		{"129 levels", "d", nested(129), false},
		{"id of 512 bytes", strings.Repeat("e", 512), `{}`, true},
		{"id of 513 bytes", strings.Repeat("f", 513), `{}`, false},
	} {
		_, err := col.Upsert(context.Background(), test.id, json.RawMessage(test.body), nil, nil)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestGuideCode compares the code of doc.go with the examples, which are run.
func TestGuideCode(t *testing.T) {
	files, err := filepath.Glob("example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	examples := ""
	for _, file := range files {
		examples += squeeze(readFile(t, file))
	}
	p := parsePackage(t)
	blocks := 0
	for _, block := range p.Parser().Parse(p.Doc).Content {
		code, ok := block.(*comment.Code)
		if !ok {
			continue
		}
		blocks++
		if !strings.Contains(examples, squeeze(code.Text)) {
			t.Errorf("no example has this code of doc.go:\n%s", code.Text)
		}
	}
	if blocks == 0 {
		t.Error("doc.go has no code")
	}
}

// TestDocLinks finds [Name] in the comments of exported symbols that leads nowhere.
func TestDocLinks(t *testing.T) {
	p := parsePackage(t)
	link := regexp.MustCompile(`\[\*?[A-Z]\w*(\.[A-Z]\w*)?\]`)
	for _, text := range docComments(p) {
		plain := string(p.Text(text))
		for _, m := range link.FindAllString(text, -1) {
			if strings.Contains(plain, m) {
				t.Errorf("%s leads nowhere", m)
			}
		}
	}
}

// TestDocumentNames looks up what the documents mention: files, and identifiers of the package and its engines.
func TestDocumentNames(t *testing.T) {
	names := exported(parsePackage(t))
	for _, dir := range []string{"internal/kv", "internal/disk", "outbox", "upstream"} {
		maps.Copy(names, exported(parseDir(t, dir)))
	}
	qualified := regexp.MustCompile(`^(?:kuzzlite\.)?([A-Z]\w*(?:\.[A-Z]\w*)?)(?:\(\))?$`)
	shouted := regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	file := regexp.MustCompile(`^[\w.-]+(/[\w.-]+)*\.(go|md|ndjson)$|^([\w.-]+/)+$`)
	for _, path := range documents(t) {
		if strings.HasPrefix(path, "bench") || strings.HasPrefix(path, "internal/torture") {
			continue // modules of their own
		}
		for _, span := range codeSpans(readFile(t, path)) {
			switch m := qualified.FindStringSubmatch(span); {
			case shouted.MatchString(span):
			case m != nil:
				if !names[m[1]] && !isTest(t, m[1]) {
					t.Errorf("%s mentions %s, which does not exist", path, span)
				}
			case file.MatchString(span):
				if !exists(span) && !exists(filepath.Join(filepath.Dir(path), span)) {
					t.Errorf("%s mentions the file %s, which does not exist", path, span)
				}
			}
		}
	}
	// The guide has no code spans: there it is Type.Member in the text.
	for _, m := range regexp.MustCompile(`\b([A-Z]\w*)\.([A-Z]\w*)\b`).FindAllString(parsePackage(t).Doc, -1) {
		if !names[m] && !strings.HasPrefix(m, "RawMessage") {
			t.Errorf("doc.go mentions %s, which does not exist", m)
		}
	}
}

// TestDocumentLinks follows the links between the documents.
func TestDocumentLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, path := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(readFile(t, path), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			target, anchor, _ := strings.Cut(m[1], "#")
			target = filepath.Join(filepath.Dir(path), target)
			if strings.HasPrefix(m[1], "#") {
				target = path
			}
			if !exists(target) {
				t.Errorf("%s links to %s, which does not exist", path, m[1])
			} else if anchor != "" && !slices.Contains(anchors(readFile(t, target)), anchor) {
				t.Errorf("%s links to %s, which has no such heading", path, m[1])
			}
		}
	}
}

// TestEveryTypeIsArgued finds exported types that docs/design.md does not argue for.
func TestEveryTypeIsArgued(t *testing.T) {
	spans := codeSpans(readFile(t, "docs/design.md"))
	for _, typ := range parsePackage(t).Types {
		if !slices.Contains(spans, typ.Name) {
			t.Errorf("docs/design.md does not say why the type %s exists", typ.Name)
		}
	}
}

// TestFormatDumps compares the dumps of docs/format.md with a store.
func TestFormatDumps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	writeFormatExample(t, path)
	raw, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	dumps := 0
	err = raw.View(func(tx *bolt.Tx) error {
		for _, dump := range fences(t, "docs/format.md") {
			if f := strings.Fields(dump.info); len(f) == 3 && f[0] == "dump" {
				dumps++
				checkDump(t, tx, f[1], f[2], dump)
			}
		}
		return nil
	})
	if err != nil || dumps < 6 {
		t.Errorf("%d dumps compared, %v", dumps, err)
	}
}

// checkDump compares a dump with what is stored: all of a key or a value. name is a
// document's key without the bytes between prefix and id, or the word change and the sequence of a block of changes.
func checkDump(t *testing.T, tx *bolt.Tx, what, name string, dump fence) {
	t.Helper()
	k, v := findKey(tx, name)
	got, ok := dumped(t, dump.text), false
	switch what {
	case "key":
		ok = bytes.Equal(k, got)
	case "value":
		ok = bytes.Equal(v, got)
	}
	if !ok {
		t.Errorf("docs/format.md, %s:\n%snot in\n%s%s", dump.info, hex.Dump(got), hex.Dump(k), hex.Dump(v))
	}
}

// writeFormatExample makes the store that docs/format.md shows.
func writeFormatExample(t *testing.T, path string) {
	t.Helper()
	ctx := context.Background()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1518004800000))
	db, err := kuzzlite.Open(path, &kuzzlite.Options{AutoCreate: true, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	carts := db.Collection("shop", "carts")
	_, err = carts.MCreate(ctx, []kuzzlite.Write{
		{ID: "c1", Body: map[string]any{"total": 12}}, {ID: "c2", Body: map[string]any{}},
	}, &kuzzlite.WriteOptions{Atomic: true})
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(250 * time.Millisecond)
	if _, err = carts.Update(ctx, "c1", map[string]any{"total": 13}, &kuzzlite.WriteOptions{User: "ann"}); err != nil {
		t.Fatal(err)
	}
	if _, err = carts.Delete(ctx, "c2", nil); err != nil {
		t.Fatal(err)
	}
	if err = carts.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{Fields: []string{"total"}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func findKey(tx *bolt.Tx, name string) (k, v []byte) {
	if sequence, ok := strings.CutPrefix(name, "change"); ok {
		n, _ := strconv.ParseUint(sequence, 10, 64)
		k = binary.BigEndian.AppendUint64(nil, n)
		return k, tx.Bucket([]byte("#changes")).Get(k)
	}
	name = strings.ReplaceAll(name, `\xff`, "\xff")
	c := tx.Bucket([]byte("shop/carts")).Cursor()
	for k, v = c.First(); k != nil; k, v = c.Next() {
		if k[0] == name[0] && strings.HasSuffix(string(k), name[1:]) {
			break
		}
	}
	return k, v
}

// dumped returns the bytes of a dump: the pairs of hexadecimal digits at the beginning of each line.
func dumped(t *testing.T, text string) (b []byte) {
	t.Helper()
	for line := range strings.Lines(text) {
		digits, _, _ := strings.Cut(line, "  ")
		line, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(digits), " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, line...)
	}
	return b
}

// goBuild builds a package and returns the path of the program.
func goBuild(t *testing.T, pkg string, flags ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	binary := filepath.Join(t.TempDir(), "program.exe") // Windows wants the ending, the others do not mind
	args := append(append([]string{"build"}, flags...), "-o", binary, pkg)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return binary
}

// fence is a fenced block of a Markdown file.
type fence struct{ info, text string }

type fenceList []fence

func fences(t *testing.T, path string) (list fenceList) {
	t.Helper()
	for _, m := range fenced.FindAllStringSubmatch(readFile(t, path), -1) {
		list = append(list, fence{m[1], m[2]})
	}
	return list
}

var fenced = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

func (l fenceList) all(info string) (texts []string) {
	for _, f := range l {
		if f.info == info {
			texts = append(texts, f.text)
		}
	}
	return texts
}

func (l fenceList) only(t *testing.T, info string) string {
	t.Helper()
	texts := l.all(info)
	if len(texts) != 1 {
		t.Fatalf("%d blocks of %s instead of one", len(texts), info)
	}
	return texts[0]
}

// codeSpans returns what stands between backquotes in a Markdown text, outside fences.
func codeSpans(text string) (spans []string) {
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		spans = append(spans, m[1])
	}
	return spans
}

// anchors returns the names by which the headings of a Markdown text are linked to.
func anchors(text string) (names []string) {
	drop := regexp.MustCompile(`[^\w -]`)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		names = append(names, strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return names
}

// documents returns the Markdown files of the project.
func documents(t *testing.T) (paths []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "testdata", "node_modules"}, d.Name()):
			return fs.SkipDir
		case filepath.Ext(path) == ".md":
			paths = append(paths, filepath.FromSlash(path))
		}
		return nil
	})
	if err != nil || len(paths) < 5 {
		t.Fatalf("found %d documents, %v", len(paths), err)
	}
	return paths
}

// parsePackage reads the documentation of the package, for every system.
func parsePackage(t *testing.T) *doc.Package { t.Helper(); return parseDir(t, ".") }

// parseDir returns the documentation of the package in a directory.
func parseDir(t *testing.T, dir string) *doc.Package {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(fset, files, path.Join(module, dir))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// docComments returns the comments of the package and of all its exported symbols.
func docComments(p *doc.Package) []string {
	texts := []string{p.Doc}
	values := func(list []*doc.Value) {
		for _, v := range list {
			texts = append(texts, v.Doc)
		}
	}
	funcs := func(list []*doc.Func) {
		for _, f := range list {
			texts = append(texts, f.Doc)
		}
	}
	values(p.Consts)
	values(p.Vars)
	funcs(p.Funcs)
	for _, t := range p.Types {
		texts = append(texts, t.Doc)
		values(t.Consts)
		values(t.Vars)
		funcs(t.Funcs)
		funcs(t.Methods)
	}
	return texts
}

// exported returns the names of the package, fields and methods both as they are and behind their type.
func exported(p *doc.Package) map[string]bool {
	names := map[string]bool{}
	values := func(list []*doc.Value) {
		for _, v := range list {
			for _, n := range v.Names {
				names[n] = true
			}
		}
	}
	funcs := func(prefix string, list []*doc.Func) {
		for _, f := range list {
			names[f.Name], names[prefix+f.Name] = true, true
		}
	}
	values(p.Consts)
	values(p.Vars)
	funcs("", p.Funcs)
	for _, t := range p.Types {
		names[t.Name] = true
		values(t.Consts)
		values(t.Vars)
		funcs("", t.Funcs)
		funcs(t.Name+".", t.Methods)
		for _, field := range fieldsOf(t) {
			names[field], names[t.Name+"."+field] = true, true
		}
	}
	return names
}

// fieldsOf returns the fields of a struct type, or the methods of an interface type.
func fieldsOf(t *doc.Type) (names []string) {
	for _, spec := range t.Decl.Specs {
		var fields *ast.FieldList
		switch typ := spec.(*ast.TypeSpec).Type.(type) {
		case *ast.StructType:
			fields = typ.Fields
		case *ast.InterfaceType:
			fields = typ.Methods
		default:
			continue
		}
		for _, f := range fields.List {
			for _, n := range f.Names {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// isTest says whether a test file of the module has a test or a benchmark of that name.
func isTest(t *testing.T, name string) bool {
	t.Helper()
	paths, _ := filepath.Glob("*_test.go")
	inside, _ := filepath.Glob("internal/*/*_test.go")
	paths = append(paths, inside...)
	return slices.ContainsFunc(paths, func(path string) bool {
		text := readFile(t, path)
		return strings.Contains(text, "func "+name+"(t *testing.T)") || strings.Contains(text, "func "+name+"(b *testing.B)")
	})
}

// squeeze makes all white space single blanks.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
