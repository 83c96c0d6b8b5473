// Command compare asks Koncorde 4.7.0 and package koncorde about the same filters and documents, and reports where they
// differ. It needs node and npm, with what node-gyp needs to build native addons: Python, make and a C++ compiler.
// It installs koncorde into a temporary directory, which takes minutes, unless -koncorde names a directory where it is
// installed. The exit status is 1 if there are differences.
package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed verdicts.js
var script []byte

func main() {
	count := flag.Int("n", 20000, "how many pairs of a filter and a document are compared")
	seed := flag.Uint64("seed", 1, "the seed of the pairs")
	installed := flag.String("koncorde", "", "a directory where koncorde 4.7.0 is installed in node_modules")
	record := flag.String("record", "", "a file to write the first 4000 verdicts to, as compressed JSON lines")
	flag.Parse()
	if err := run(*count, *seed, *installed, *record); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(count int, seed uint64, dir, record string) error {
	if dir == "" {
		temporary, err := os.MkdirTemp("", "koncorde")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		if err := install(temporary); err != nil {
			return err
		}
		dir = temporary
	}
	var pairs []pair
	for g := newGenerator(seed); len(pairs) < count; {
		pairs = append(pairs, g.pair())
	}
	verdicts, err := ask(dir, pairs)
	if err != nil {
		return err
	}
	if record != "" {
		if err := writeRecord(record, pairs, verdicts); err != nil {
			return err
		}
	}
	return report(pairs, verdicts)
}

// install installs koncorde in dir.
func install(dir string) error {
	npm := exec.Command("npm", "install", "koncorde@4.7.0", "--no-audit", "--no-fund", "--prefix", dir)
	npm.Dir, npm.Stdout, npm.Stderr = dir, os.Stderr, os.Stderr
	if err := npm.Run(); err != nil {
		return fmt.Errorf("install koncorde (needs node, npm, Python, make and a C++ compiler): %w", err)
	}
	return nil
}

// ask returns Koncorde's verdicts.
func ask(dir string, pairs []pair) ([]verdict, error) {
	if err := os.WriteFile(filepath.Join(dir, "verdicts.js"), script, 0o600); err != nil {
		return nil, err
	}
	var in bytes.Buffer
	for _, p := range pairs {
		if err := json.NewEncoder(&in).Encode(p); err != nil {
			return nil, err
		}
	}
	node := exec.Command("node", "verdicts.js")
	node.Dir, node.Stdin, node.Stderr = dir, &in, os.Stderr
	out, err := node.Output()
	if answered := bytes.Count(out, []byte("\n")); err != nil && answered < len(pairs) {
		return nil, fmt.Errorf("run koncorde: %w, at the filter %s", err, pairs[answered].Filter)
	}
	verdicts := make([]verdict, 0, len(pairs))
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		var v verdict
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return nil, err
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) != len(pairs) {
		return nil, fmt.Errorf("koncorde answered %d of %d pairs", len(verdicts), len(pairs))
	}
	return verdicts, lines.Err()
}

// report writes counts and differences.
func report(pairs []pair, verdicts []verdict) error {
	var valid, matching, close, different int
	for i, p := range pairs {
		difference, isClose := check(p, verdicts[i])
		if verdicts[i].Error == "" {
			valid++
		}
		if verdicts[i].Matches {
			matching++
		}
		if isClose {
			close++
		}
		if difference == "" {
			continue
		}
		if different++; different <= 30 {
			fmt.Printf("%s\n%s\n%s\n\n", p.Filter, p.Document, difference)
		}
	}
	fmt.Printf("%d pairs: %d with a valid filter, %d of them matching, %d too close to compare the match\n",
		len(pairs), valid, matching, close)
	if different > 0 {
		return fmt.Errorf("%d pairs differ", different)
	}
	return nil
}
