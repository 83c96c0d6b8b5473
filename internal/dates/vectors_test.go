package dates

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// testdata/elasticsearch.tsv holds what Elasticsearch 8.17.1 on Java 17 made of dates. The columns are what was done:
//
//	D format value                           a value in a document
//	Q format value kind up zone now          a date in a query: kind is s for a string, l and d for numbers
//	R format value kind up zone now          the same, where the query names the format
//	F format milliseconds zone               printing
//	V format                                 whether there is such a format
//
// and last what came out: milliseconds or text, or an error after an exclamation mark.
func TestElasticsearch(t *testing.T) {
	text, err := os.ReadFile("testdata/elasticsearch.tsv")
	if err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n")
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) < 1000 {
		t.Fatalf("only %d lines", len(lines))
	}
	if !hasRegions() {
		t.Skip("this machine has no zone database")
	}
	for i, line := range lines {
		columns := strings.Split(line, "\t")
		for k := range columns {
			columns[k] = unescape.Replace(columns[k])
		}
		last := len(columns) - 1
		got, err := answer(columns[:last])
		if err != nil {
			got = "!" + err.Error()
		}
		if got != columns[last] {
			t.Errorf("line %d: %q\n got %s\nwant %s", i+1, columns[:last], got, columns[last])
		}
	}
}

// answer does what the columns of a line say.
func answer(c []string) (string, error) {
	f, err := Parse(c[1])
	if err != nil || c[0] == "V" {
		return fmt.Sprint(f), err
	}
	switch c[0] {
	case "D":
		ms, err := f.Document([]byte(c[2]))
		return strconv.FormatInt(ms, 10), err
	case "F":
		ms, _ := strconv.ParseInt(c[2], 10, 64)
		z, err := optionalZone(c[3])
		return f.Print(ms, z), err
	}
	z, err := optionalZone(c[5])
	if err != nil {
		return "", err
	}
	now, _ := strconv.ParseInt(c[6], 10, 64)
	o := QueryOptions{Now: time.UnixMilli(now), Zone: z, RoundUp: c[4] == "1", Forced: c[0] == "R"}
	ms, err := f.Query(c[2], c[3] != "s", o)
	return strconv.FormatInt(ms, 10), err
}

func optionalZone(id string) (*Zone, error) {
	if id == "" {
		return nil, nil
	}
	return LoadZone(id)
}

// hasRegions says whether the machine has a zone database.
func hasRegions() bool {
	_, err := LoadZone("Europe/Paris")
	return err == nil
}
