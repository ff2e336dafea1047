"use strict";
const fs = require("node:fs");
const module_ = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

/** Characters of source; the code of smaller files is compiled as fast as it is read. */
const worthKeeping = 20_000;

/**
 * Loads a CommonJS file and those beside it that it requires, with code that an earlier run has compiled. It is kept in a folder
 * that nobody may write to who may not write the program itself: code is what it is. V8 refuses what another V8 has compiled, or
 * for other flags, but sees of the source only how long it is: the names of files tell what is in them, or their time does. The
 * files have no import() of their own, see import-module.js.
 */
exports.loadKept = function loadKept(file, folder) {
  const loaded = new Map();
  const compiled = [];
  // What a run does not call is not compiled, so that each command has code of its own.
  const command = /^[a-z]{1,20}$/.test(process.argv[2] ?? "") ? process.argv[2] : "other";
  const kept = path.join(folder, `${process.version}-${process.arch}`);
  process.on("exit", (code) => {
    if (code === 0 && compiled.length > 0) keep(compiled, kept);
  });
  return load(file);

  function load(wanted) {
    const known = loaded.get(wanted);
    if (known !== undefined) return known.exports;
    const entry = { exports: {} };
    loaded.set(wanted, entry);
    const script = compile(wanted);
    const nodeRequire = module_.createRequire(wanted);
    const require_ = (id) => (id.startsWith("./") ? load(path.join(path.dirname(wanted), id)) : nodeRequire(id));
    script.runInThisContext()(entry.exports, require_, entry, wanted, path.dirname(wanted));
    return entry.exports;
  }

  function compile(wanted) {
    const source = fs.readFileSync(wanted, "utf8");
    const isKept = source.length > worthKeeping;
    const name = isKept ? `${command}-${fs.statSync(wanted).mtimeMs}-${path.basename(wanted)}` : "";
    const cachedData = isKept ? readIfThere(path.join(kept, name)) : undefined;
    const script = new vm.Script(module_.wrap(source), { filename: wanted, cachedData });
    if (isKept && (cachedData === undefined || script.cachedDataRejected)) compiled.push({ name, script });
    return script;
  }
};

/** Keeping is a courtesy: a folder that cannot be written to, as with packages of the administrator, makes the next start slower. */
function keep(compiled, folder) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    for (const { name, script } of compiled) {
      const partial = path.join(folder, `${process.pid}.partial`);
      fs.writeFileSync(partial, script.createCachedData());
      fs.renameSync(partial, path.join(folder, name));
    }
  } catch (error) {
    if (error.syscall === undefined) throw error;
  }
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if (error.syscall === undefined) throw error;
    return undefined;
  }
}
