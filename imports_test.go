package kuzzlite_test

import (
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Who may import what. A rule that stands in the way is to be argued with in docs/design.md, not to be widened here.

const module = "github.com/kuzzlite/kuzzlite"

// forbidden are imports that a directory must not have.
var forbidden = []struct {
	dir, path, reason string
}{
	{".", "log", "errors are returned; whether they are logged is up to the program that embeds the store"},
	{".", "flag", "flags belong to the program that embeds the store"},
	{".", "os/signal", "signals belong to the program that embeds the store"},
	{".", "os/exec", "a store starts no processes"},
	{".", "net", "a store does no networking"},
	{".", "net/http", "it is linked into every program that embeds the store, and is larger than the store"},
	{".", "unsafe", "bytes of the mapped file must not outlive their transaction unseen"},
	{".", "testing", "tests belong to the tests"},
	{".", "go.etcd.io/bbolt", "the store knows no file: an engine keeps its bytes, behind internal/kv"},
	{"internal/boltfile", "go.etcd.io/bbolt", "it looks at files before bbolt may"},
	{"internal/boltfile", "os", "it reads what it is handed, through an io.ReaderAt or as bytes"},
}

// standard stands for all packages of the standard library.
const standard = "std"

// allowed are the only imports that these may have. A path that ends in /... stands for all below it.
var allowed = []struct {
	reason string
	files  []string // a directory stands for its files
	paths  []string
}{
	{
		"the library knows gjson and its engines", []string{"."},
		[]string{
			standard, "github.com/tidwall/gjson", "github.com/tidwall/sjson", module + "/internal/kv", module + "/internal/disk",
			module + "/internal/door", module + "/internal/rawjson", module + "/internal/fieldindex",
			module + "/internal/filter", module + "/internal/percolator", module + "/internal/fieldpath", module + "/internal/planner", module + "/internal/sortkey",
			module + "/internal/mapping", module + "/internal/pack",
			module + "/internal/topk",
		},
	},
	{
		"the command line uses exported API only: where that hurts, the API is wrong", []string{"internal/command"},
		[]string{
			standard, module, module + "/query", module + "/query/aggregation", module + "/query/search", module + "/kuzzle", module + "/kuzzle/client", module + "/kuzzle/faults", module + "/kuzzle/metrics", module + "/outbox", module + "/upstream",
			// These stand in for the library where another program has the store.
			module + "/internal/remote", module + "/internal/wire", module + "/internal/suggest",
			"github.com/klauspost/compress/zstd", "github.com/schollz/progressbar/v3", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term",
			"go.etcd.io/bbolt", "golang.org/x/sys/unix", "golang.org/x/sys/windows", // see inOnePlace
		},
	},
	{
		"what queries and indexes are made of is pure", []string{"internal/fieldpath", "internal/sortkey", "internal/fieldindex", "internal/filter", "internal/planner", "internal/percolator", "internal/topk"},
		[]string{
			"bytes", "cmp", "container/heap", "crypto/sha256", "encoding/binary", "encoding/json", "errors", "fmt", "math", "slices", "strings", "sync", "time",
			module + "/internal/rawjson", module + "/internal/fieldpath", module + "/internal/sortkey", module + "/internal/fieldindex",
			module + "/internal/filter",
		},
	},
	{
		"package query knows no store, and the store no package query", []string{"query"},
		[]string{
			standard, module + "/internal/rawjson", module + "/internal/fieldpath", module + "/internal/sortkey", module + "/internal/filter",
			module + "/internal/javanumber", module + "/internal/dates", module + "/internal/geo",
			module + "/internal/geo/...", module + "/internal/suggest", module + "/query/internal/...",
		},
	},
	{
		"the suite of the document verbs knows neither the store nor the wire", []string{"internal/behaviour"},
		[]string{standard},
	},
	{
		"package aggregation knows no store either", []string{"query/aggregation"},
		[]string{
			standard, module + "/internal/rawjson", module + "/internal/fieldpath", module + "/internal/javanumber",
			module + "/internal/dates", module + "/internal/filter", module + "/internal/suggest", module + "/query",
			module + "/query/internal/...",
			"github.com/caio/go-tdigest/v4", "github.com/axiomhq/hyperloglog",
		},
	},
	{
		"the body of a search becomes a request of the store", []string{"query/search"},
		[]string{
			standard, module, module + "/internal/rawjson", module + "/internal/suggest", module + "/query",
			module + "/query/aggregation", module + "/query/highlight",
		},
	},
	{
		"package highlight knows no store either", []string{"query/highlight"},
		[]string{
			standard, module + "/internal/rawjson", module + "/internal/fieldpath", module + "/internal/filter",
			module + "/internal/suggest", module + "/query", module + "/query/internal/...",
		},
	},
	{"the door leads to the store, and knows neither side", []string{"internal/door"}, nil},
	{"the program is the command line", []string{"cmd/kuzzlite"}, []string{"os", module + "/internal/command"}},
	{"merging is pure", []string{"merge.go"}, []string{module + "/internal/rawjson"}},
	{"the rules of versions are pure", []string{"version.go"}, []string{"fmt"}},
	{
		"generated ids must not repeat, nor be guessed", []string{"id.go"},
		[]string{"crypto/rand", "encoding/base32", "encoding/binary", "sync", "time"},
	},
	{"stored bytes are pure", []string{"record.go"}, []string{"encoding/binary", "fmt", "hash/crc32", "time"}},
	{"the rules of names are pure", []string{"names.go"}, []string{"fmt", "strings", "unicode/utf8"}},
	{
		"Kuzzle's rules are pure", []string{"kuzzlemode.go", "internal/mapping"},
		[]string{
			"bytes", "cmp", "fmt", "iter", "maps", "math", "net/netip", "slices", "strconv", "strings", "unicode",
			"unicode/utf16",
			module + "/internal/rawjson", module + "/internal/javanumber", module + "/internal/dates", module + "/internal/geo",
		},
	},
	{
		"a call is planned without knowing the engine", []string{"plan.go", "keys.go", "upsert.go", "write.go"},
		[]string{
			"cmp", "context", "encoding/json", "errors", "fmt", "iter", "slices", "strconv", "strings", "sync", "unicode/utf8",
			module + "/internal/rawjson",
		},
	},
	{
		"a call has its turn, and the feed is read, with any engine",
		[]string{
			"apply.go", "fill.go", "txn.go", "commit.go", "dues.go", "buckets.go", "change.go", "recorder.go", "feed.go", "prune.go", "follow.go", "watch.go",
			"check.go", "structure.go",
			"told.go",
		},
		[]string{
			"bytes", "cmp", "context", "encoding/binary", "errors", "fmt", "iter", "math", "slices", "strings", "sync",
			"sync/atomic", "time", module + "/internal/kv", module + "/internal/rawjson", module + "/internal/fieldindex",
			module + "/internal/mapping",
		},
	},
	{
		"the seam knows no engine on disk, and no system", []string{"internal/kv"},
		[]string{
			"bytes", "context", "encoding/binary", "errors", "fmt", "hash/maphash", "math/bits", "runtime", "runtime/debug",
			"slices", "sort", "strings", "sync", "sync/atomic", "unsafe", "github.com/tidwall/btree",
		},
	},
	{
		"JSON text is edited without I/O", []string{"internal/rawjson"},
		[]string{
			"bytes", "encoding/binary", "errors", "fmt", "hash/maphash", "iter", "math/bits", "slices", "strconv", "strings",
			"sync", "unicode/utf16", "unicode/utf8",
		},
	},
}

func TestForbiddenImports(t *testing.T) {
	for _, rule := range forbidden {
		for file, paths := range importsOf(t, rule.dir) {
			if slices.Contains(paths, rule.path) {
				t.Errorf("%s imports %q: %s", file, rule.path, rule.reason)
			}
		}
	}
}

func TestAllowedImports(t *testing.T) {
	for _, rule := range allowed {
		for _, where := range rule.files {
			for file, paths := range importsOf(t, where) {
				for _, path := range paths {
					if isStandard(path) && slices.Contains(rule.paths, standard) || isAllowed(path, rule.paths) {
						continue
					}
					t.Errorf("%s imports %q: %s", file, path, rule.reason)
				}
			}
		}
	}
}

// inOnePlace are imports that only some files of a directory may have.
var inOnePlace = []struct {
	dir, path string
	only      []string
	reason    string
}{
	{".", "github.com/tidwall/gjson", []string{"document.go"}, forPaths},
	{".", "github.com/tidwall/sjson", []string{"set.go"}, forPaths},
	{"internal/command", "go.etcd.io/bbolt", []string{"benchbolt.go"}, forBench},
	{"internal/command", "golang.org/x/sys/unix", []string{"benchsync_linux.go", "benchroom_unix.go"}, forBench},
	{"internal/command", "golang.org/x/sys/windows", []string{"benchroom_windows.go"}, forBench},
}

const (
	forPaths = "paths are for people: in keys of documents . * ? # @ | have no meaning, so what reads and writes " +
		"documents has nothing to do with gjson and sjson"
	forBench = "bench compares the store with raw bbolt and with the disk alone; all else is exported API"
)

func TestImportsInOnePlace(t *testing.T) {
	for _, rule := range inOnePlace {
		for file, paths := range importsOf(t, rule.dir) {
			if !slices.Contains(rule.only, filepath.Base(file)) && slices.Contains(paths, rule.path) {
				t.Errorf("%s imports %q, which only %q may: %s", file, rule.path, rule.only, rule.reason)
			}
		}
	}
}

// TestDependencies looks at what is linked into a program that embeds the store, at all depths.
func TestDependencies(t *testing.T) {
	may := []string{
		"go.etcd.io/bbolt/...", "golang.org/x/sys/...", module + "/...",
		"github.com/tidwall/btree",
		"github.com/tidwall/gjson", "github.com/tidwall/match", "github.com/tidwall/pretty", // gjson's own
		"github.com/tidwall/sjson",
	}
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("go list does not work here: %v", err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if !isStandard(path) && !isAllowed(path, may) {
			t.Errorf("%s is linked into programs that embed the store", path)
		}
	}
}

// importsOf returns the imports of the Go files of a directory, or of one file, tests left out.
func importsOf(t *testing.T, where string) map[string][]string {
	t.Helper()
	files := []string{where}
	if filepath.Ext(where) != ".go" {
		var err error
		if files, err = filepath.Glob(filepath.Join(where, "*.go")); err != nil {
			t.Fatal(err)
		}
	}
	imports := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		imports[file] = nil
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			imports[file] = append(imports[file], path)
		}
	}
	if len(imports) == 0 {
		t.Fatalf("%s has no Go files", where)
	}
	return imports
}

// isStandard says whether a package is of the standard library: the others begin with a host.
func isStandard(path string) bool {
	host, _, _ := strings.Cut(path, "/")
	return !strings.Contains(host, ".")
}

func isAllowed(path string, paths []string) bool {
	return slices.ContainsFunc(paths, func(p string) bool {
		prefix, all := strings.CutSuffix(p, "/...")
		return path == prefix || all && strings.HasPrefix(path, prefix+"/")
	})
}
