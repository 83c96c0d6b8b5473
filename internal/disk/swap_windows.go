package disk

// closesFirst says whether a file can take the place of the store's only once that is closed.
var closesFirst = true
