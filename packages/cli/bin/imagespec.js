#!/usr/bin/env node
"use strict";
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
