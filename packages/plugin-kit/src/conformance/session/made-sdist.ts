import { gzipSync } from "node:zlib";
import { tarOf } from "../../layer/layer-entry.ts";
import type { IndexFixture } from "../../wheels/serve-index.ts";

export const sdistName = "conf-source";
export const sdistVersion = "1.0";

/** Builds the wheel with the standard library alone, so that nothing else has to be fetched. */
const backend = `
import os, zipfile

NAME, VERSION = "conf_source", "${sdistVersion}"
INFO = f"{NAME}-{VERSION}.dist-info"
METADATA = f"Metadata-Version: 2.1\\nName: ${sdistName}\\nVersion: {VERSION}\\n"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    file = f"{NAME}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, file), "w") as wheel:
        wheel.writestr(f"{NAME}/__init__.py", "made = 'from source'\\n")
        wheel.writestr(f"{INFO}/METADATA", METADATA)
        wheel.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\\nGenerator: conf\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        names = [f"{NAME}/__init__.py", f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"]
        wheel.writestr(f"{INFO}/RECORD", "".join(f"{name},,\\n" for name in names))
    return file

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    os.makedirs(os.path.join(metadata_directory, INFO))
    with open(os.path.join(metadata_directory, INFO, "METADATA"), "w") as file:
        file.write(METADATA)
    return INFO
`;

/** A source distribution that brings its build backend along. */
export function madeSdist(): IndexFixture {
  const folder = `conf_source-${sdistVersion}`;
  const file = (name: string, content: string) =>
    ({ type: "file", path: `${folder}/${name}`, mode: 0o644, content }) as const;
  const project = `[project]\nname = "${sdistName}"\nversion = "${sdistVersion}"\n`;
  const tar = tarOf([
    { type: "directory", path: folder, mode: 0o755 },
    file("PKG-INFO", `Metadata-Version: 2.1\nName: ${sdistName}\nVersion: ${sdistVersion}\n`),
    file("backend.py", backend),
    file(
      "pyproject.toml",
      `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n${project}`,
    ),
  ]);
  return { filename: `${folder}.tar.gz`, bytes: gzipSync(tar) };
}
