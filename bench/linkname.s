// Empty: with it, go:linkname can declare a function that has no body.
