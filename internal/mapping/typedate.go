package mapping

import (
	"math"

	"github.com/kuzzlite/kuzzlite/internal/dates"
)

// The types of dates, and the strings that are taken for dates where a field is new.

// defaultDate is the format of a date whose mapping names none.
const defaultDate = "strict_date_optional_time||epoch_millis"

// date is date and date_nanos: strings and numbers in one of the formats of the field.
type date struct {
	format      *dates.Format
	least, most int64 // in ms since 1970
}

func newDate(name string, p parameters) valueType {
	t := &date{dates.Default, math.MinInt64, math.MaxInt64}
	if name == "date_nanos" {
		t.least, t.most = 0, math.MaxInt64/1_000_000
	}
	if text := p.text("format"); text != "" && text != defaultDate {
		format, err := dates.Parse(text)
		if err != nil {
			return anything{} // of a mapping that was never accepted
		}
		t.format = format
	}
	return t
}

func (t *date) fits(v []byte) bool {
	switch {
	case v[0] == '"':
		v = text(v)
	case isNumber(v):
		v = number(v)
	default:
		return false
	}
	ms, err := t.format.Document(v)
	return err == nil && t.least <= ms && ms <= t.most
}

// slashDate is the second format of dates in new fields; the first is the default.
const slashDate = "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis"

var slashes = func() *dates.Format {
	f, err := dates.Parse(slashDate)
	if err != nil {
		panic(err)
	}
	return f
}()
