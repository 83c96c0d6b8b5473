package geo

import (
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// parseDouble reads a number as Java's Double.parseDouble does.
func parseDouble(text []byte) (float64, bool) {
	v, err := javanumber.Parse(string(text), 64)
	return v, err == nil
}

// refuse returns an error in the words of Elasticsearch or Koncorde, which begin with a capital letter if theirs do.
func refuse(format string, args ...any) error {
	if len(args) == 0 {
		return errors.New(format)
	}
	return fmt.Errorf(format, args...)
}

// notDouble is the error of a text that parseDouble refuses.
func notDouble(text []byte) error {
	_, err := javanumber.Parse(string(text), 64)
	return err
}

// double writes a number as Java's Double.toString does: 10.0, 1.0E7, NaN.
func double(v float64) string { return javanumber.Print(v) }
