package bm25

import "math"

const (
	k1 float32 = 1.2
	b  float32 = 0.75
)

// Field are the statistics of a field, which are counted first. Then Settle makes it ready for Weight.
type Field struct {
	// Docs is how many documents have the field, and Tokens how many tokens they have there together.
	Docs, Tokens int

	inverse [256]float32 // of the part of the formula that has the length, by the length as a byte
}

// Settle ends counting.
func (f *Field) Settle() {
	average := float32(float64(f.Tokens) / float64(f.Docs))
	for i := range f.inverse {
		share := float32(b*float32(Length(byte(i)))) / average
		f.inverse[i] = 1 / float32(k1*float32((1-b)+share))
	}
}

// IDF returns the inverse document frequency of a term that n documents have, of docs that have the field.
func IDF(docs, n int) float32 {
	return float32(math.Log(1 + (float64(docs-n)+0.5)/(float64(n)+0.5)))
}

// Weight is that of a term, or of a phrase.
type Weight struct {
	field  *Field
	weight float32
}

// Weight returns the weight of what has an inverse document frequency: that of a term, or the sum for all terms of a
// phrase.
func (f *Field) Weight(boost, idf float32) Weight {
	return Weight{f, float32(boost*(1+k1)) * idf}
}

// Score returns the score of a document that has the term freq times, in a field with a length as Norm gives it.
func (w *Weight) Score(freq float32, norm byte) float32 {
	return w.weight - w.weight/(1+float32(freq*w.field.inverse[norm]))
}
