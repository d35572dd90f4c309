// Compiles what comes in: `node compile_untrusted.js SOLC_PACKAGE SOLJSON` reads solc's standard JSON from
// stdin and prints its answer. All sources are in the input: nothing is imported, no file is looked for.
"use strict";
const fs = require("fs");
const path = require("path");
const [folder, soljson] = process.argv.slice(2);
const compiler = require(path.join(folder, "wrapper.js"))(require(soljson));
process.stdout.write(compiler.compile(fs.readFileSync(0, "utf8")));
