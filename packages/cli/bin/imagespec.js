#!/usr/bin/env node
"use strict";
// Syntax of 2015 up to the check, so that old versions get as far as saying what they lack.
const parts = process.versions.node.split(".").map(Number);
if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 19)) {
  process.stderr.write(`imagespec needs Node.js 20.19 or newer, this is ${process.version}\n`);
  process.exitCode = 1;
} else {
  const module_ = require("node:module");
  const path = require("node:path");
  const program = path.join(__dirname, "..", "dist", "program.cjs");
  if (module_.enableCompileCache === undefined) {
    // Node 20 keeps no compiled code between runs.
    const { loadKept } = require("./kept-code.js");
    loadKept(program, path.join(__dirname, "..", ".kept-code")).start();
  } else {
    module_.enableCompileCache();
    require(program).start();
  }
}
