package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// How stores are asked for groups.

const (
	kuzzliteTerms = `{"g":{"terms":{"field":"shop","size":1000},"aggs":{"a":{"avg":{"field":"price"}}}}}`
	kuzzliteDays  = `{"g":{"date_histogram":{"field":"sold","calendar_interval":"day",` +
		`"format":"yyyy-MM-dd","min_doc_count":1}}}`

	sqliteShop  = `json_extract(doc, '$.shop')`
	sqliteTerms = `SELECT ` + sqliteShop + `, count(*), avg(json_extract(doc, '$.price'))` +
		` FROM documents GROUP BY ` + sqliteShop
	sqliteDay  = `substr(json_extract(doc, '$.sold'), 1, 10)`
	sqliteDays = `SELECT ` + sqliteDay + `, count(*), 0 FROM documents GROUP BY ` + sqliteDay
)

func (s *kuzzliteStore) groups(k kind) (map[string]group, error) {
	text := kuzzliteTerms
	if k == kindDays {
		text = kuzzliteDays
	}
	request, err := aggregation.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	collector := request.Collector(nil)
	in, err := collector.Input("", nil)
	if err != nil {
		return nil, err
	}
	if _, err := s.col.Aggregate(context.Background(), nil, in); err != nil {
		return nil, err
	}
	answer, err := collector.Answer()
	if err != nil {
		return nil, err
	}
	return groupsOf(answer)
}

// groupsOf reads the answer of aggregations.
func groupsOf(answer []byte) (map[string]group, error) {
	var read struct {
		G struct {
			Buckets []struct {
				Key   any
				Text  string `json:"key_as_string"`
				Count int    `json:"doc_count"`
				A     struct{ Value float64 }
			}
		}
	}
	if err := json.Unmarshal(answer, &read); err != nil {
		return nil, err
	}
	groups := map[string]group{}
	for _, b := range read.G.Buckets {
		key := b.Text
		if key == "" {
			key = fmt.Sprint(b.Key)
		}
		groups[key] = group{b.Count, b.A.Value}
	}
	return groups, nil
}

func sqliteGroups(k kind) string {
	if k == kindDays {
		return sqliteDays
	}
	return sqliteTerms
}

func (s *sqliteStore) groups(k kind) (map[string]group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stmt, err := s.prepared(sqliteGroups(k))
	if err != nil {
		return nil, err
	}
	rows, err := stmt.Query()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	groups := map[string]group{}
	for rows.Next() {
		var key string
		var g group
		if err := rows.Scan(&key, &g.count, &g.average); err != nil {
			return nil, err
		}
		groups[key] = g
	}
	return groups, rows.Err()
}

func (s *ncrucesStore) groups(k kind) (map[string]group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stmt, err := s.prepared(sqliteGroups(k))
	if err != nil {
		return nil, err
	}
	groups := map[string]group{}
	for stmt.Step() {
		groups[stmt.ColumnText(0)] = group{stmt.ColumnInt(1), stmt.ColumnFloat(2)}
	}
	return groups, stmt.Reset()
}
