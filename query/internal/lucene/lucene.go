package main

import (
	"bufio"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
)

// The Java program, which is compiled, runs, and answers requests one after the other.

//go:embed java/*.java
var sources embed.FS

// requests.
const (
	askUnassigned = iota + 1
	askTokens
	askScores
)

// lucene is the program. The first error that there is stays, and all that is read behind it is zero.
type lucene struct {
	dir     string
	process *exec.Cmd
	in      io.Closer
	out     *bufio.Writer
	answers *bufio.Reader
	err     error
}

// start compiles the program in a temporary directory, and starts it.
func start(jars string) (*lucene, error) {
	for _, tool := range []string{"java", "javac"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("there is no %s: comparing with Lucene needs a JDK of version 17 or later", tool)
		}
	}
	dir, err := os.MkdirTemp("", "lucene")
	if err != nil {
		return nil, err
	}
	l := &lucene{dir: dir}
	if err := l.begin(jars); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return l, nil
}

func (l *lucene) begin(jars string) error {
	classes, err := classPath(jars, l.dir)
	if err != nil {
		return err
	}
	if err := os.CopyFS(l.dir, sources); err != nil {
		return err
	}
	files, _ := filepath.Glob(filepath.Join(l.dir, "java", "*.java")) // the error is about other patterns
	compiler := exec.Command("javac", append([]string{"-encoding", "UTF-8", "-cp", classes, "-d", l.dir}, files...)...)
	compiler.Stdout, compiler.Stderr = os.Stderr, os.Stderr
	if err := compiler.Run(); err != nil {
		return fmt.Errorf("compile the Java program: %w", err)
	}
	l.process = exec.Command("java", "-cp", l.dir+string(filepath.ListSeparator)+classes, "Answers")
	l.process.Stderr = os.Stderr
	in, err := l.process.StdinPipe()
	if err != nil {
		return err
	}
	out, err := l.process.StdoutPipe()
	if err != nil {
		return err
	}
	l.in, l.out, l.answers = in, bufio.NewWriterSize(in, 1<<16), bufio.NewReaderSize(out, 1<<16)
	return l.process.Start()
}

// stop ends the program, and says what went wrong while it ran.
func (l *lucene) stop() error {
	err := joined(l.err, l.in.Close())
	if ended := l.process.Wait(); ended != nil {
		err = fmt.Errorf("run Lucene: %w", ended)
	}
	return errors.Join(err, os.RemoveAll(l.dir))
}

// ask sends a request, which the program reads to its end before it answers.
func (l *lucene) ask(request byte, body []byte) {
	_ = l.out.WriteByte(request) // an error stays until Flush
	_, _ = l.out.Write(body)
	l.failed(l.out.Flush())
}

func (l *lucene) failed(err error) {
	if l.err == nil {
		l.err = err
	}
}

func (l *lucene) read(n int) []byte {
	b := make([]byte, n)
	if l.err == nil {
		_, err := io.ReadFull(l.answers, b)
		l.failed(err)
	}
	return b
}

func (l *lucene) number() int   { return int(int32(binary.BigEndian.Uint32(l.read(4)))) }
func (l *lucene) real() float32 { return math.Float32frombits(uint32(l.number())) }
func (l *lucene) text() string  { return string(l.read(l.number())) }

// put appends values to a request: numbers, texts, and true as 1.
func put(to []byte, values ...any) []byte {
	for _, v := range values {
		switch v := v.(type) {
		case int:
			to = binary.BigEndian.AppendUint32(to, uint32(int32(v)))
		case bool:
			n := 0
			if v {
				n = 1
			}
			to = put(to, n)
		case float32:
			to = binary.BigEndian.AppendUint32(to, math.Float32bits(v))
		case string:
			to = append(put(to, len(v)), v...)
		case []byte: // is part of a request
			to = append(to, v...)
		default:
			panic(fmt.Sprintf("%T is no value", v))
		}
	}
	return to
}
