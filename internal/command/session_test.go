package command

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The picture in the README is a session that really ran. "make session" draws it anew, and TestSession says when that
// is due.

var draw = flag.Bool("draw", false, "draw docs/session.svg anew")

// pictured are the command lines of the picture.
var pictured = []string{
	`export KUZZLITE_DB=quakes.db`,
	`kuzzlite mupsert --create usgs earthquakes earthquakes.ndjson`,
	`kuzzlite mupsert usgs earthquakes earthquakes.ndjson`,
	`kuzzlite list usgs earthquakes --prefix ci378681 --fields magnitude.value,felt,place`,
	`echo '{"_id":"ci37868143","changes":{"felt":12}}' | kuzzlite mupsert usgs earthquakes`,
	`kuzzlite get usgs earthquakes ci37868143 --path felt`,
	`kuzzlite changes --since 1709`,
	`kuzzlite update usgs earthquakes ci37868143 felt:=13 --if-version 1`,
}

// sessionColumns is how wide the terminal of the picture is.
const sessionColumns = 92

// TestSession runs the session, and compares the picture with the one of the README, but for times.
func TestSession(t *testing.T) {
	path, err := filepath.Abs("../../docs/session.svg")
	if err != nil {
		t.Fatal(err)
	}
	got := drawTerminal(runSession(t))
	if *draw {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(string(b), "\r\n", "\n")
	if diff := cmp.Diff(withoutTimes(want), withoutTimes(got)); diff != "" {
		t.Errorf("docs/session.svg is not what the commands print; draw it by `make session` (-picture +commands)\n%s", diff)
	}
}

// sessionTimes are the parts of the picture that differ from run to run.
var sessionTimes = regexp.MustCompile(
	`[0-9.e+-]+ (s|documents/s)\b|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|textLength="[0-9.]+"`)

func withoutTimes(picture string) string { return sessionTimes.ReplaceAllString(picture, "N") }

// runSession returns the lines that a terminal shows. Those that were typed begin with "$ ".
func runSession(t *testing.T) (lines []string) {
	t.Helper()
	quakes, err := os.ReadFile("../../examples/earthquakes.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("earthquakes.ndjson", quakes, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range pictured {
		lines = append(lines, "$ "+line)
		if variable, ok := strings.CutPrefix(line, "export "); ok {
			name, value, _ := strings.Cut(variable, "=")
			t.Setenv(name, value)
			continue
		}
		for printed := range strings.Lines(typedLine(t, line)) {
			lines = append(lines, wrapped(strings.TrimRight(printed, " \n"))...)
		}
	}
	return lines
}

// wrapped returns the lines that a terminal makes of a line that is too long.
func wrapped(line string) (lines []string) {
	for r := range slices.Chunk([]rune(line), sessionColumns) {
		lines = append(lines, string(r))
	}
	return lines
}

// typedLine runs one command line, which may have its input from echo, as if on a terminal, and returns what that shows.
func typedLine(t *testing.T, line string) string {
	t.Helper()
	input := ""
	if echo, rest, ok := strings.Cut(line, " | "); ok {
		input, line = strings.Trim(strings.TrimPrefix(echo, "echo "), "'")+"\n", rest
	}
	var screen bytes.Buffer
	a := &app{stdin: strings.NewReader(input), out: newOutput(&screen), stderr: &screen}
	a.out.terminal, a.out.width = true, sessionColumns
	a.run(t.Context(), strings.Fields(line)[1:])
	if screen.Len() == 0 {
		t.Errorf("%s prints nothing", line)
	}
	return screen.String()
}

// The measures of the picture, in pixels.
const (
	charWidth  = 8.4
	lineHeight = 20
	margin     = 16
)

// drawTerminal returns an SVG of a terminal with these lines. Each line is stretched to its columns, so that tables
// stand straight in any font.
func drawTerminal(lines []string) string {
	width, height := int(math.Ceil(sessionColumns*charWidth))+2*margin, len(lines)*lineHeight+2*margin
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">
<title>Kuzzlite's command line: documents are loaded, listed, changed, and the changes are read</title>
<style>
rect { fill: #f6f8fa; stroke: #d0d7de }
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328 }
.typed { font-weight: bold; fill: #0550ae }
@media (prefers-color-scheme: dark) {
rect { fill: #161b22; stroke: #30363d }
text { fill: #e6edf3 }
.typed { fill: #79c0ff }
}
</style>
<rect x="0.5" y="0.5" width="%d" height="%d" rx="8"/>
`, width, height, width-1, height-1)
	for i, line := range lines {
		if line == "" {
			continue
		}
		class := ""
		if strings.HasPrefix(line, "$ ") {
			class = ` class="typed"`
		}
		fmt.Fprintf(&s, `<text x="%d" y="%d"%s textLength="%.1f" lengthAdjust="spacingAndGlyphs" xml:space="preserve">`,
			margin, margin+i*lineHeight+15, class, float64(utf8.RuneCountInString(line))*charWidth)
		_ = xml.EscapeText(&s, []byte(line)) // a strings.Builder takes everything
		s.WriteString("</text>\n")
	}
	return s.String() + "</svg>\n"
}
