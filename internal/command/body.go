package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// body is where a verb for one document takes its JSON from.
type body struct{ text, file string }

func (b *body) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&b.text, "body", "", "the `JSON` object itself")
	cmd.Flags().StringVarP(&b.file, "file", "f", "-", "`FILE` to read the JSON object from, - for standard input")
}

// read returns the JSON. Whether it is any good is for the library to say.
func (b *body) read(a *app, cmd *cobra.Command) (json.RawMessage, error) {
	given := cmd.Flags().Changed("body")
	switch {
	case given && cmd.Flags().Changed("file"):
		return nil, usage("give --body or --file, not both")
	case !given && b.file == "-" && isTerminal(a.stdin):
		return nil, usage("no document: pass --body JSON or --file FILE, or pipe it in")
	}
	data := []byte(b.text)
	if !given {
		var err error
		if data, err = b.readFile(a.stdin); err != nil {
			return nil, err
		}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, usage("the body is empty: pass --body, --file, or pipe JSON")
	}
	return data, nil
}

func (b *body) readFile(in io.Reader) ([]byte, error) {
	if b.file != "-" {
		f, err := os.Open(b.file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxItemSize+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read document: %w", err)
	case len(data) > maxItemSize:
		return nil, &failure{code: exitFailed, err: fmt.Errorf("the document is longer than %d bytes", maxItemSize)}
	}
	return data, nil
}

// ifVersion is the flag that makes a write depend on the version that is there.
type ifVersion struct{ version uint64 }

func (v *ifVersion) flags(cmd *cobra.Command) {
	cmd.Flags().Var(v, "if-version", "do it only if the document has this version")
}

// Set, String and Type make ifVersion a pflag.Value.
func (v *ifVersion) Set(text string) (err error) {
	v.version, err = strconv.ParseUint(text, 10, 64)
	if err == nil && v.version == 0 {
		err = strconv.ErrRange // versions begin with 1
	}
	return err
}

func (v *ifVersion) String() string {
	if v.version == 0 {
		return ""
	}
	return strconv.FormatUint(v.version, 10)
}

func (v *ifVersion) Type() string { return "version" }

func (v *ifVersion) apply(o *kuzzlite.WriteOptions) {
	o.IfVersion = v.version
}

// success prints Kuzzle's answer for one document.
func (a *app) success(s *kuzzlite.Success, err error) error {
	if err != nil {
		return err
	}
	return a.out.line(s.AppendJSON(nil))
}

// listFailures lists the documents that failed on standard error.
func (a *app) listFailures(res *kuzzlite.Result) error {
	var damage error
	for i := range res.Errors {
		err := res.Errors[i].Err
		fmt.Fprintln(a.stderr, printable(err.Error()))
		if errors.Is(err, kuzzlite.ErrCorrupt) {
			damage = err
		}
	}
	if damage != nil || len(res.Errors) == 0 {
		return damage
	}
	return documentsFailed()
}
