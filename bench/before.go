package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// The contender before: Kuzzlite as it was at an older commit. The bench program of that commit is compiled where it
// was checked out, and its processes do the same tasks as those of this one.

// beforeLabel is what the contender is called.
const beforeLabel = "before"

// older is a bench program of an older commit.
type older struct {
	dir     string // where it was checked out; "": it is this program
	program string
	commit  string // "" is unknown
	added   bool   // it has the contenders of addedFiles
}

// addedFiles have contenders that an older bench program lacks.
var addedFiles = []string{"kuzzlite_memory.go", "kuzzlite_counter.go"}

// isAdded says whether a contender is in addedFiles.
func isAdded(name string) bool {
	list := append([]contender{mutateContender}, memoryContenders...)
	return slices.ContainsFunc(list, func(c contender) bool { return c.name == name })
}

// understoodBefore says whether a bench program of an older commit does what a task asks, as far back as caede3a. What
// such a program does not know it ignores, and would measure something else.
func understoodBefore(t task) bool {
	switch t.Kind {
	case kindUpdate, kindGet, kindReadWrite, kindMixed, kindCreate, kindMutate, kindScan, kindChurn, kindOpen:
	default:
		return false
	}
	return t.Pace == 0 && !t.Reopen && !t.Overlay && t.Logs == 0 && !t.Halves &&
		len(t.Indexes) == 0 && t.Shape.Buyers+t.Shape.Shops == 0
}

// before is the older Kuzzlite in a workload, or a contender of addedFiles there.
func before(contender string) entry {
	return entry{label: beforeLabel, contender: contender, before: true}
}

// buildOlder compiles the bench program in a checkout of an older commit; addedFiles are put beside its files, if
// they can be compiled there. note says what the older program lacks.
func buildOlder(checkout, dir string) (o *older, note string, err error) {
	if checkout, err = filepath.Abs(checkout); err != nil {
		return nil, "", err
	}
	o = &older{dir: checkout, program: filepath.Join(dir, "before.exe"), commit: commitOf(checkout), added: true}
	overlay, err := overlayOf(checkout, dir)
	if err != nil {
		return nil, "", err
	}
	extended := o.build("-overlay", overlay)
	if extended == nil {
		return o, "", nil
	}
	if err := o.build(); err != nil {
		return nil, "", err
	}
	o.added = false
	return o, "the build before has no stores in memory and does not count here: its bench program cannot be compiled " +
		"with " + strings.Join(addedFiles, " and "), nil
}

func (o *older) build(flags ...string) error {
	args := append([]string{"build", "-o", o.program}, flags...)
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = filepath.Join(o.dir, "bench")
	cmd.Env = append(os.Environ(), "CGO_CFLAGS="+mattnFlags)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the contenders before: %w: %s", err, out)
	}
	return nil
}

// overlayOf writes what tells the go command to see addedFiles in the checkout, of which nothing is changed.
func overlayOf(checkout, dir string) (file string, err error) {
	here, _, err := module()
	if err != nil {
		return "", err
	}
	files := map[string]string{}
	for _, name := range addedFiles {
		files[filepath.Join(checkout, "bench", name)] = filepath.Join(here, name)
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": files})
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

// commitOf returns the commit that is checked out in dir, with what was changed since.
func commitOf(dir string) string {
	top, err := exec.Command("git", "-C", dir, "rev-parse", "--show-toplevel").Output()
	if err != nil || !sameFile(strings.TrimSpace(string(top)), dir) { // it may be in a checkout of something else
		return ""
	}
	out, err := exec.Command("git", "-C", dir, "describe", "--always", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func sameFile(a, b string) bool {
	ai, aErr := os.Stat(a)
	bi, bErr := os.Stat(b)
	return aErr == nil && bErr == nil && os.SameFile(ai, bi)
}

// fact says what the contender is.
func (o *older) fact() fact {
	switch {
	case o == nil:
		return fact{"left out", "before: no checkout of an older commit was given (-before)"}
	case o.commit == "":
		return fact{beforeLabel, "an older Kuzzlite, of an unknown commit"}
	}
	return fact{beforeLabel, "Kuzzlite at commit " + o.commit}
}

// skips says whether an entry does not run: this build lacks its contender, there is no older program, or it was not
// asked for.
func (b *bench) skips(e entry) bool {
	if leftOut(e.contender) || b.only != nil && !b.only.MatchString(e.name()) {
		return true
	}
	if e.fts5 && !b.fts5 {
		return true
	}
	return e.before && (b.before == nil || !b.before.added && isAdded(e.contender))
}
