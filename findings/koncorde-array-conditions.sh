#!/usr/bin/env bash
# koncorde 4.7.0 (npm): "the array has x" and "the array has not y" together never match.
#
# A good engineer would guess that {and: [{exists: 'tags["x"]'}, {missing: 'tags["y"]'}]} matches the document
# {tags: ["x"]}: each of the two does by itself. Koncorde keeps a filter as a list of conjunctions and drops those that
# look impossible; it takes "exists" and "missing" of one array for a contradiction without comparing the values. The
# filter is registered, gets a room, and is never told anything. With an equals on the array beside the missing it is the same.
#
# Seen: "has x: true, has not y: true, both: false".
# In Kuzzlite: query.ParseKoncorde does the same, so that rooms are told what Kuzzle's are told.
# Needs node, npm, and what node-gyp needs to build koncorde's native parts (python3, make, a C++ compiler).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --no-audit --no-fund koncorde@4.7.0 >/dev/null 2>&1
cat >look.js <<'JS'
const { Koncorde } = require('koncorde');
const matches = filter => {
  const koncorde = new Koncorde();
  koncorde.register(filter);
  return koncorde.test({ tags: ['x'] }).length === 1;
};
const has = { exists: 'tags["x"]' };
const hasNot = { missing: 'tags["y"]' };
console.log(`has x: ${matches(has)}, has not y: ${matches(hasNot)}, both: ${matches({ and: [has, hasNot] })}`);
JS
out=$(node look.js)
echo "$out"
[ "$out" = "has x: true, has not y: true, both: false" ]
