package kuzzle

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// leastSDK are the first major versions of the SDKs that speak the protocol of Kuzzle 2.
var leastSDK = map[string]byte{
	"js": '7', "csharp": '2', "cpp": '2', "java": '3', "android": '5', "go": '3', "php": '4',
}

// checkSDK refuses the SDKs of Kuzzle 1, which say so in the volatile data: sdkName is name@version, of which Kuzzle
// compares the first character of the version. sdkVersion is what only older ones have.
func checkSDK(r *request.Request) error {
	if len(r.Volatile) == 0 {
		return nil
	}
	if version, ok := rawjson.Lookup(r.Volatile, "sdkVersion"); ok {
		return apierror.New("api.process.incompatible_sdk_version", request.Text(version), "Kuzzle v2 compatible")
	}
	raw, ok := rawjson.Lookup(r.Volatile, "sdkName")
	if !ok || raw[0] != '"' {
		return nil
	}
	name, version, ok := strings.Cut(request.Text(raw), "@")
	least, known := leastSDK[name]
	if ok && known && version != "" && version[0] < least {
		return apierror.New("api.process.incompatible_sdk_version", version, string(least))
	}
	return nil
}
