import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TargetEnvironment } from "@imagespec/core";
import { systemCodeOf } from "@imagespec/errors";
import { type ContentStore, onDisk } from "@imagespec/image-store";
import { markerEnvironment } from "../marker/marker-environment.ts";

/**
 * Writes an executable that answers uv's question about an interpreter with the description of the *target's* Python.
 *
 * uv resolves for other platforms but insists on some interpreter on the host, and there is none on a machine that has
 * only Node.js; with one, the result must not depend on which. uv runs the file with a script and reads one JSON object
 * (its crates/uv-python/python/get_interpreter_info.py). The path depends on the content alone, since uv caches answers by path.
 *
 * @param content of the cache folder in which it is written
 */
export async function describeInterpreter(
  target: TargetEnvironment,
  content: Pick<ContentStore, "root" | "temporaryFile">,
): Promise<string> {
  const json = JSON.stringify(description(target));
  const script = `#!/bin/sh\nprintf '%s\\n' '${json}'\n`;
  const key = createHash("sha256").update(json).digest("hex").slice(0, 16);
  const file = path.join(content.root, "interpreters", key, "bin", "python3");
  if ((await textOf(file)) === script) return file;
  await using partial = await content.temporaryFile();
  await onDisk(file, async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(partial.path, script, { mode: 0o755 });
    await rename(partial.path, file);
  });
  return file;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await onDisk(file, () => readFile(file, "utf8"));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function description(target: TargetEnvironment): Readonly<Record<string, unknown>> {
  const { variables } = markerEnvironment(target);
  const [libcMajor = 0, libcMinor = 0] = target.libc.version.split(".").map(Number);
  const minor = variables["python_version"] ?? "";
  const prefix = "/usr/local";
  const packages = `${prefix}/lib/python${minor}/site-packages`;
  return {
    result: "success",
    markers: variables,
    sys_base_prefix: prefix,
    sys_base_exec_prefix: prefix,
    sys_prefix: prefix,
    sys_base_executable: `${prefix}/bin/python3`,
    sys_executable: `${prefix}/bin/python3`,
    sys_path: [packages],
    site_packages: [packages],
    stdlib: `${prefix}/lib/python${minor}`,
    extension_suffixes: [".abi3.so", ".so"],
    standalone: false,
    scheme: {
      platlib: packages,
      purelib: packages,
      include: `${prefix}/include/python${minor}`,
      scripts: `${prefix}/bin`,
      data: prefix,
    },
    virtualenv: {
      purelib: `lib/python${minor}/site-packages`,
      platlib: `lib/python${minor}/site-packages`,
      include: `include/site/python${minor}`,
      scripts: "bin",
      data: "",
    },
    os: { name: target.libc.kind === "musl" ? "musllinux" : "manylinux", major: libcMajor, minor: libcMinor },
    arch: variables["platform_machine"],
    cpu_info: { detected: { kind: "flags", flags: "" } },
    manylinux_compatible: target.libc.kind === "glibc",
    gil_disabled: false,
    debug_enabled: false,
    pointer_size: "64",
  };
}
