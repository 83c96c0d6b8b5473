package dates

import "fmt"

// fail returns an error whose text is Elasticsearch's or Java's, word by word, and so may start with a capital letter.
func fail(format string, args ...any) error { return fmt.Errorf(format, args...) }
