package command

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// expiry are the flags that say when the documents which a verb writes expire.
type expiry struct{ after, at string }

const never = "never"

// mostDays are 273 years: more would not fit.
const mostDays = 100_000

// lengthOfTime is one as Go writes it, or in days, however long.
var lengthOfTime = regexp.MustCompile(`^(([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+|[0-9]+d)$`)

func (e *expiry) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.after, "expire-after", "",
		"the documents expire after this `DURATION`, such as 90s, 12h or 30d; never: not any more")
	f.StringVar(&e.at, "expire-at", "",
		"the documents expire at this `TIME`, as 2030-01-31T12:00:00Z or in ms since 1970")
}

// apply takes the flags into the write options.
func (e *expiry) apply(cmd *cobra.Command, o *kuzzlite.WriteOptions) (err error) {
	switch after, at := cmd.Flags().Changed("expire-after"), cmd.Flags().Changed("expire-at"); {
	case after && at:
		return usage("give --expire-after or --expire-at, not both")
	case after:
		o.ExpireAfter, err = readExpireAfter(e.after)
	case at:
		o.ExpireAt, err = readExpireAt(e.at, time.Now())
	}
	return err
}

// readExpireAfter reads a length of time: as Go writes it, or in days. It is negative for never.
func readExpireAfter(text string) (time.Duration, error) {
	if text == never {
		return -1, nil
	}
	d, err := time.ParseDuration(text)
	if number, isDays := strings.CutSuffix(text, "d"); isDays {
		n, parseErr := strconv.ParseUint(number, 10, 64)
		if err = parseErr; n > mostDays {
			err = strconv.ErrRange
		} else {
			d = time.Duration(n) * 24 * time.Hour
		}
	}
	if err != nil && lengthOfTime.MatchString(text) {
		return 0, usage("--expire-after %s is too long: it must be %dd at most, or never", text, mostDays)
	}
	if err != nil || d < time.Millisecond {
		return 0, usage("--expire-after must be a length of time such as 90s, 12h or 30d, 1ms or more, or never")
	}
	return d, nil
}

// readExpireAt reads a moment. One that is over is likely to be in seconds, or a slip: the documents would be gone at
// once.
func readExpireAt(text string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		ms, numberErr := strconv.ParseInt(text, 10, 64)
		if numberErr != nil {
			return at, usage("--expire-at must be a time such as 2030-01-31T12:00:00Z or 2030-01-31T13:00:00+01:00, " +
				"or the number of milliseconds since 1970")
		}
		at = time.UnixMilli(ms)
	}
	if !at.After(now) {
		return at, usage("--expire-at is over: it is %s, and must be to come; a number is in milliseconds since 1970",
			at.UTC().Format(time.RFC3339))
	}
	return at, nil
}
