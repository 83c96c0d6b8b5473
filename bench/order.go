package main

import (
	"bytes"
	"encoding/json"
)

// orderDocument is what the documents of all workloads are, as a program that knows them declares it: the fields in the
// order in which appendDocument writes them.
type orderDocument struct {
	Status   string    `json:"status"`
	Total    float64   `json:"total"`
	Updater  string    `json:"updater"`
	Customer customer  `json:"customer"`
	Tags     []*string `json:"tags"` // one of them is null
	Lines    []line    `json:"lines,omitempty"`
	Extra    *extra    `json:"extra,omitempty"`
	Note     string    `json:"note"`
}

type customer struct {
	Name    string  `json:"name"`
	Address address `json:"address"`
	Active  bool    `json:"active"`
}

type address struct {
	City string `json:"city"`
	Zip  string `json:"zip"`
}

type line struct {
	SKU      string  `json:"sku"`
	Quantity int     `json:"quantity"`
	Price    float64 `json:"price"`
	Gift     bool    `json:"gift"`
}

// inOrder returns a document with its fields in the order in which they were made, for the checks of contenders that
// sort them. All else that differs still differs afterwards, and a field too many is an error.
func inOrder(doc []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	var o orderDocument
	if err := d.Decode(&o); err != nil {
		return nil, err
	}
	return json.Marshal(o)
}

// extra are the leaves that documents have only where updates change many.
type extra struct {
	Xa string `json:"xa"`
	Xb string `json:"xb"`
	Xc string `json:"xc"`
	Xd string `json:"xd"`
	Xe string `json:"xe"`
	Xf string `json:"xf"`
	Xg string `json:"xg"`
	Xh string `json:"xh"`
	Xi string `json:"xi"`
	Xj string `json:"xj"`
	Xk string `json:"xk"`
	Xl string `json:"xl"`
	Xm string `json:"xm"`
	Xn string `json:"xn"`
	Xo string `json:"xo"`
	Xp string `json:"xp"`
}
