"use strict";
const fs = require("node:fs");
const module_ = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

/** The name of a file that tells what is in it. */
const hashedName = /-[\w-]{8}\.cjs$/;
/** Characters of source; the code of smaller files is compiled as fast as it is read. */
const worthKeeping = 20_000;
/** Bytes of a SHA-1, which is fast, and here against damage, not against people: who may write here may write the program. */
const sumLength = 20;

/**
 * Loads a CommonJS file and those beside it that it requires, with code that an earlier run has compiled. It is kept in a folder
 * that nobody may write to who may not write the program itself: code is what it is. V8 refuses what another V8 has compiled, or
 * for other flags, but crashes of what is damaged, and sees of the source only how long it is: the names of files tell what is in
 * them. The files are ASCII, and have no import() of their own, see import-module.js.
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
    let fromHere;
    const requireFrom = (id) => {
      if (id.startsWith("./")) return load(path.join(path.dirname(wanted), id));
      if (id.startsWith("node:")) return require(id);
      fromHere ??= module_.createRequire(wanted);
      return fromHere(id);
    };
    script.runInThisContext()(entry.exports, requireFrom, entry, wanted, path.dirname(wanted));
    return entry.exports;
  }

  function compile(wanted) {
    // Not as UTF-8: that takes longer, to find out that there is none.
    const source = fs.readFileSync(wanted, "latin1");
    const isKept = source.length > worthKeeping && hashedName.test(wanted);
    const name = `${command}-${path.basename(wanted)}`;
    const cachedData = isKept ? readWhole(path.join(kept, name)) : undefined;
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
      const code = script.createCachedData();
      const partial = path.join(folder, `${name}.${process.pid}.partial`);
      fs.writeFileSync(partial, Buffer.concat([code, sumOf(code)]));
      fs.renameSync(partial, path.join(folder, name));
    }
  } catch (error) {
    if (!isOfSystem(error)) throw error;
  }
}

/** What was kept; nothing when there is nothing, or it is not what was written. */
function readWhole(file) {
  try {
    const bytes = fs.readFileSync(file);
    const code = bytes.subarray(0, -sumLength);
    return sumOf(code).equals(bytes.subarray(-sumLength)) ? code : undefined;
  } catch (error) {
    if (!isOfSystem(error)) throw error;
    return undefined;
  }
}

function sumOf(bytes) {
  return require("node:crypto").createHash("sha1").update(bytes).digest();
}

/** Also of file systems in JavaScript, such as Yarn's archives, whose errors name no system call. */
function isOfSystem(error) {
  return /^E[A-Z0-9]+$/.test(error.code);
}
