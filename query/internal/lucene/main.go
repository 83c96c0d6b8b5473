// Command lucene asks Lucene 9.12.0 and this project about the same random texts and queries, and reports where they
// differ: in tokens, with their positions and offsets, and in what matches and how it scores. It needs a JDK of version
// 17 or later, and Maven to fetch the jars of Lucene, unless -jars names a directory that has them. The exit status is
// 1 if there are differences.
//
// The Java program in the directory java is told what to make of each clause by what Elasticsearch makes of it. What
// Elasticsearch adds to Lucene itself is compared with recorded answers only: cross_fields, nested, function_score and
// the query strings.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var o options
	flag.IntVar(&o.texts, "texts", 300_000, "how many texts are split by each analyzer")
	flag.IntVar(&o.collections, "collections", 1000, "how many collections have their documents scored")
	flag.Uint64Var(&o.seed, "seed", 1, "the seed of texts and collections")
	flag.BoolVar(&o.show, "show", false, "print the documents where scores differ")
	flag.StringVar(&o.jars, "jars", "", "a directory that has the jars of Lucene 9.12.0")
	flag.StringVar(&o.record, "record", "", "a file for the scores of the first collections, as compressed JSON lines")
	flag.Parse()
	if err := run(&o); err != nil {
		fmt.Fprintln(os.Stderr, "lucene:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	texts, collections int
	seed               uint64
	show               bool
	jars, record       string
}

func run(o *options) error {
	l, err := start(o.jars)
	if err != nil {
		return err
	}
	tooNew := newerLetters(l)
	fmt.Printf("%d code points are left out, which this Java does not know yet\n", len(tooNew))
	tokens, err := compareTokens(l, o, tooNew)
	scores, other := compareScores(l, o, tooNew)
	if err = joined(err, other, l.stop()); err == nil && tokens+scores > 0 {
		err = fmt.Errorf("%d differences", tokens+scores)
	}
	return err
}

// joined returns the first error that there is.
func joined(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// shown is how many differences are printed.
const shown = 20

// differences prints the first ones, and counts all.
type differences int

func (d *differences) add(format string, args ...any) {
	if *d++; *d <= shown {
		fmt.Printf(format+"\n\n", args...)
	}
}
