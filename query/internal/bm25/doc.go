// Package bm25 scores terms as Elasticsearch does by default: Okapi BM25 with k1 = 1.2 and b = 0.75, times k1 + 1, in the
// arithmetic of Lucene 9.12 (BM25Similarity), so that scores are the same to the last bit but for the order of sums.
//
// A score is weight · freq / (freq + k1 · (1 - b + b · length / average length)), and the weight of a term is its inverse
// document frequency: ln(1 + (N - n + 0.5) / (n + 0.5)), where N documents have the field and n of them the term.
package bm25
