#!/usr/bin/env bash
# kuzzle-sdk 7.17.1 (npm): an ES module can import Kuzzle by name, but none of the protocols it has to be made with.
#
# A good engineer would guess that `import { Kuzzle, WebSocket } from 'kuzzle-sdk'` works in Node: package.json has an
# "import" entry, the types declare both names, require() gives both. But the "import" entry is the CommonJS build. Node
# finds the names of such a module by reading its text, and the protocols are exported through getters of a form that
# Node leaves out. So a TypeScript program compiles and ends at its first line with a SyntaxError, though
# the import of Kuzzle alone works. The default import has every name.
#
# Seen (Node 20.20.2): "Kuzzle: by name; WebSocket: by default only; Http: by default only".
# In Kuzzlite: docs/kuzzle.md says which import works.
# Needs node and npm.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --no-audit --no-fund kuzzle-sdk@7.17.1 >/dev/null 2>&1
out=
for name in Kuzzle WebSocket Http; do
	echo "import sdk from 'kuzzle-sdk'; if (typeof sdk.$name !== 'function') process.exit(1);" >default.mjs
	echo "import { $name } from 'kuzzle-sdk'; if (typeof $name !== 'function') process.exit(1);" >named.mjs
	node default.mjs
	if node named.mjs 2>error.txt; then
		how='by name'
	else
		grep -q "SyntaxError: Named export '$name' not found" error.txt
		how='by default only'
	fi
	out="$out${out:+; }$name: $how"
done
echo "$out"
[ "$out" = "Kuzzle: by name; WebSocket: by default only; Http: by default only" ]
