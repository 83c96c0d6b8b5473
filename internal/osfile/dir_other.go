//go:build !unix

package osfile

// SyncDir does nothing: directories cannot be synced here; NTFS keeps its own journal of names.
func SyncDir(string) error { return nil }
