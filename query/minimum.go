package query

import (
	"fmt"
	"strconv"
	"strings"
)

// minimum_should_match: how many of several optional clauses must match (Elasticsearch).

// minimumOf returns how many of n clauses must match: a number (3), one that may be missing (-1), a share of all (75%) or
// of those that may be missing (-25%), both rounded down, or such behind conditions (2<-25% 9<-3: up to 2 clauses all
// must match). What is below 0 is 0.
func minimumOf(spec string, n int) (int, error) {
	spec = strings.TrimSpace(spec)
	if !strings.Contains(spec, "<") {
		return simpleMinimum(spec, n)
	}
	result := n
	for _, part := range strings.Fields(strings.ReplaceAll(spec, " <", "<")) {
		above, then, ok := strings.Cut(part, "<")
		bound, err := strconv.Atoi(above)
		if !ok || err != nil {
			return 0, noNumber(above)
		}
		if n <= bound {
			return result, nil
		}
		if result, err = simpleMinimum(then, n); err != nil {
			return 0, err
		}
	}
	return result, nil
}

// simpleMinimum is minimumOf without conditions.
func simpleMinimum(spec string, n int) (int, error) {
	number, isShare := strings.CutSuffix(spec, "%")
	value, err := strconv.Atoi(number)
	if err != nil {
		return 0, noNumber(number)
	}
	if isShare {
		share := int(float64(n) * float64(value) / 100)
		value = share
	}
	if strings.HasPrefix(spec, "-") {
		value += n
	}
	return max(value, 0), nil
}

// noNumber is Elasticsearch's error of a text that is no number.
type noNumber string

func (n noNumber) Error() string { return fmt.Sprintf("For input string: %q", string(n)) }

// atLeast is met if so many of several conditions are.
type atLeast struct {
	least int
	list  []node
}

func (a atLeast) compile(c *compiler) (test, error) {
	tests, err := c.tests(a.list)
	if err != nil {
		return nil, err
	}
	return metBy(a.least, tests), nil
}

// metBy is met if so many of several tests are.
func metBy(least int, tests []test) test {
	return func(d *document) bool {
		met := 0
		for i, t := range tests {
			if met+len(tests)-i < least {
				return false
			}
			if t(d) {
				met++
			}
		}
		return met >= least
	}
}

// verified is a condition beside another that only has to be a valid one.
type verified struct{ node, other node }

func (v verified) compile(c *compiler) (test, error) {
	if _, err := c.plain(v.other); err != nil {
		return nil, err
	}
	return v.node.compile(c)
}
