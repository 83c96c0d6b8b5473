package kuzzle

import (
	"context"
	"net/http"
	"time"
)

// patientWriter sends an answer in pieces, and gives the client time for each: an answer may be as long as it likes, but
// a client that takes nothing for so long loses its connection, and what is held for it (a view of the store, say) is
// free again.
type patientWriter struct {
	http.ResponseWriter
	controller *http.ResponseController
	patience   time.Duration
	leaving    context.Context // done once the server shuts down
	last       time.Duration   // the patience after that, if it is less
}

// sentPiece is how many bytes a client has to take within the patience of the writer.
const sentPiece = 64 << 10

func newPatientWriter(w http.ResponseWriter, patience time.Duration, s *Server) patientWriter {
	p := patientWriter{w, http.NewResponseController(w), patience, s.leaving, s.times.last}
	p.renew()
	return p
}

// renew lets the client have its time once more. Where there is no connection (a recorder of tests) there is no limit.
func (p patientWriter) renew() {
	patience := p.patience
	if p.leaving.Err() != nil {
		patience = min(patience, p.last)
	}
	_ = p.controller.SetWriteDeadline(time.Now().Add(patience))
}

// Write sends bytes.
func (p patientWriter) Write(b []byte) (written int, err error) {
	for len(b) > 0 {
		p.renew()
		n, err := p.ResponseWriter.Write(b[:min(len(b), sentPiece)])
		if written += n; err != nil {
			return written, err
		}
		b = b[n:]
	}
	return written, nil
}

// Unwrap is for http.ResponseController.
func (p patientWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }
