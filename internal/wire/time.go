package wire

import (
	"encoding/json"
	"time"
)

// Time is a time of a document, which may be any, where JSON has none of the year 10000. Its JSON is a list: the seconds
// since 1970, and the nanoseconds behind them.
type Time struct{ time.Time }

// MarshalJSON returns the JSON of the time.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]int64{t.Unix(), int64(t.Nanosecond())})
}

// UnmarshalJSON reads the JSON of a time.
func (t *Time) UnmarshalJSON(text []byte) error {
	var parts [2]int64
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	t.Time = time.Unix(parts[0], parts[1]).UTC()
	return nil
}
