package command

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// gzipMagic is how every member of a gzip file begins.
const gzipMagic = "\x1f\x8b"

// gzipReader decompresses the members of a gzip file, one after another. As gunzip does it leaves out what comes behind
// the last member and is no gzip, such as the zeros with which a tape or a block device fills up.
type gzipReader struct {
	in      *bufio.Reader
	member  *gzip.Reader
	ended   bool
	leftOut int64 // bytes behind the last member
}

func newGzipReader(in *bufio.Reader) (*gzipReader, error) {
	member, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &gzipReader{in: in, member: member}, nil
}

func (g *gzipReader) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil && !g.ended {
		n, err = g.member.Read(p)
		if err == io.EOF {
			err = g.next()
		}
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// next goes on with the next member, if there is one. A file that ends within the first bytes of a member is cut short.
func (g *gzipReader) next() error {
	begin, err := g.in.Peek(len(gzipMagic))
	switch {
	case err == io.EOF && len(begin) == 0:
		g.ended = true
		return nil
	case err != nil && err != io.EOF:
		return err
	case !bytes.HasPrefix([]byte(gzipMagic), begin):
		g.ended = true
		g.leftOut, err = io.Copy(io.Discard, g.in)
		return err
	}
	if err := g.member.Reset(g.in); err != nil {
		return err
	}
	g.member.Multistream(false)
	return nil
}

// notice says what was left out at the end of the input, "" if nothing was.
func (r *itemReader) notice() string {
	if r.gzip == nil || r.gzip.leftOut == 0 {
		return ""
	}
	return fmt.Sprintf("ignored %s behind the end of the gzip input, which are no gzip",
		counted(uint64(r.gzip.leftOut), "byte"))
}
