// Reads {"filter": text, "document": text} lines and writes, for each, what Koncorde says.
// Run by the program in this directory, in a directory where koncorde is installed.
"use strict";
const { Koncorde } = require(process.cwd() + "/node_modules/koncorde");
const lines = require("readline").createInterface({ input: process.stdin });
const config = { maxConditions: 100, seed: Buffer.alloc(32) };

function errorOf(e, late) {
  if (e.constructor.name === "KoncordeParseError") {
    return { error: e.message, keyword: e.keyword, path: e.path || "" };
  }
  return { error: e.message, runtime: true, late };
}

function verdict(filter, document) {
  const koncorde = new Koncorde(config);
  let valid = true;
  try {
    koncorde.validate(filter);
  } catch (e) {
    valid = false;
  }
  let normalized;
  try {
    normalized = koncorde.normalize(filter);
  } catch (e) {
    return { valid, ...errorOf(e, false) };
  }
  let id;
  try {
    id = koncorde.store(normalized);
  } catch (e) {
    return { valid, ...errorOf(e, true) };
  }
  try {
    return { valid, matches: koncorde.test(document).includes(id) };
  } catch (e) {
    return { valid, throws: e.message };
  }
}

lines.on("line", (line) => {
  const { filter, document } = JSON.parse(line);
  process.stdout.write(JSON.stringify(verdict(JSON.parse(filter), JSON.parse(document))) + "\n");
});
