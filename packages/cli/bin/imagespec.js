#!/usr/bin/env node
import module from "node:module";

// Compiled code is kept between runs where Node.js can do so.
module.enableCompileCache?.();
const { start } = await import("../dist/start.js");
await start();
