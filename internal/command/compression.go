package command

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// compressions are those that an input may have, by how it begins.
var compressions = []struct {
	magic, name string
	command     string // that takes it away
	open        func(*bufio.Reader) (io.Reader, error)
}{
	{gzipMagic, "gzip", "gunzip -c", func(r *bufio.Reader) (io.Reader, error) { return newGzipReader(r) }},
	{"\x28\xb5\x2f\xfd", "zstd", "zstd -dc", func(r *bufio.Reader) (io.Reader, error) {
		// One goroutine, and the window that the program zstd allows: the memory is flat, whatever the file asks for.
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
	}},
}

// decompress takes the compression off the input, if there is one.
func (r *itemReader) decompress() error {
	for _, c := range compressions {
		b, err := r.r.Peek(len(c.magic))
		if err != nil && err != io.EOF {
			return err
		}
		if !bytes.Equal(b, []byte(c.magic)) {
			continue
		}
		plain, err := c.open(r.r)
		switch {
		case err != nil && r.raw.err != nil:
			return err
		case err != nil:
			return decompressError(c.name, err)
		}
		r.decompressor = c.command
		r.gzip, _ = plain.(*gzipReader)
		r.r = bufio.NewReaderSize(&decompressed{plain, r.raw, c.name}, inputBuffer)
		return nil
	}
	return nil
}

// compressor returns a writer that compresses by gzip or zstd if a file's name ends in .gz or .zst, and else not at all.
// Close writes what is held back, and leaves w open.
func compressor(w io.Writer, name string) (io.WriteCloser, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".gz":
		return gzip.NewWriter(w), nil
	case ".zst":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	return plainWriter{w}, nil
}

// plainWriter is a compressor that does not compress.
type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }

// decompressed is the content of a compressed input.
type decompressed struct {
	r    io.Reader
	raw  *countingReader // which r reads
	name string          // of the compression
}

func (d *decompressed) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF && d.raw.err == nil { // the compressed bytes could be read
		err = decompressError(d.name, err)
	}
	return n, err
}

// Why a compressed input cannot be read to its end.
var (
	errCutShort = errors.New("cut short") // it ends before its end
	errDamaged  = errors.New("damaged")   // what was read before may be wrong, since the checksum comes at the end
)

func decompressError(name string, err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return &failure{code: exitStore, err: fmt.Errorf("the %s input is %w: its end is missing", name, errCutShort)}
	}
	return &failure{code: exitStore, err: fmt.Errorf("the %s input is %w: %w", name, errDamaged, err)}
}

// countingReader counts what has been read of a file.
type countingReader struct {
	r   io.Reader
	n   atomic.Int64
	err error // with which reading ended, but for the end of the file
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
