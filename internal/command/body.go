package command

import (
	"bytes"
	"context"
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

// assignmentsHelp is for the verbs that take their JSON from arguments as well.
const assignmentsHelp = `The JSON comes from --body, --file or standard input, or is made of arguments:
PATH=VALUE sets a string, PATH:=JSON any value. A path is keys with dots between them; a dot, = or : that
is part of a key has a backslash before it. An argument that begins with a dash goes after --.`

// read returns the JSON, which args make if there are any. Whether it is any good is for the library to say.
func (b *body) read(a *app, cmd *cobra.Command, args []string) (json.RawMessage, error) {
	given, file := cmd.Flags().Changed("body"), cmd.Flags().Changed("file")
	switch {
	case given && file:
		return nil, usage("give --body or --file, not both")
	case len(args) > 0 && (given || file):
		return nil, usage("give PATH=VALUE, --body or --file, only one of them")
	case len(args) > 0:
		return assignedObject(args)
	case !given && b.file == "-" && isTerminal(a.stdin):
		return nil, usage("no document: pass PATH=VALUE, --body JSON or --file FILE, or pipe it in")
	}
	data := []byte(b.text)
	if !given {
		var err error
		if data, err = b.readFile(a.stdin); err != nil {
			return nil, err
		}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, usage("the body is empty: pass PATH=VALUE, --body, --file, or pipe JSON")
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

// writesOne makes a command one that writes a document that is there, by a verb of the library.
func (a *app) writesOne(write func(anyCollection, context.Context, string, any, ...*kuzzlite.WriteOptions) (
	*kuzzlite.Success, error), cmd *cobra.Command) *cobra.Command {
	var t target
	var b body
	var v ifVersion
	t.flags(cmd, false)
	t.metadataFlag(cmd)
	t.expiry.flags(cmd)
	b.flags(cmd)
	v.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		content, err := b.read(a, cmd, args[3:])
		if err != nil {
			return err
		}
		v.apply(&t.write)
		return a.withTarget(cmd, args, &t, func(ctx context.Context, col anyCollection) error {
			return a.success(write(col, ctx, args[2], content, &t.write))
		})
	}
	return cmd
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
