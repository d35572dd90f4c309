// Compiles one Solidity file: `node compile.js NODE_MODULES SOURCE` prints solc's standard JSON output.
// Imports beginning with ./ are files beside SOURCE, all others are files of NODE_MODULES.
"use strict";
const fs = require("fs");
const path = require("path");
const [modules, source] = process.argv.slice(2);
const solc = require(path.join(modules, "solc"));

const beside = (name) => path.join(path.dirname(source), name);
const found = (name) => {
  const file = fs.existsSync(beside(name)) ? beside(name) : path.join(modules, name);
  return fs.existsSync(file) ? { contents: fs.readFileSync(file, "utf8") } : { error: `no file ${name}` };
};

const input = {
  language: "Solidity",
  sources: { [path.basename(source)]: { content: fs.readFileSync(source, "utf8") } },
  settings: {
    evmVersion: "paris",
    metadata: { appendCBOR: false, bytecodeHash: "none" },
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { [path.basename(source)]: { "*": ["abi", "evm.bytecode.object"] } },
  },
};
process.stdout.write(solc.compile(JSON.stringify(input), { import: found }));
