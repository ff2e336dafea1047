import { gzipSync } from "node:zlib";

/** A source distribution whose build runs `/usr/bin/hello` and says so; it needs no build requirement. */
export function sourceArchive(
  name: string,
  version: string,
): { readonly filename: string; readonly bytes: Uint8Array } {
  const module = name.replaceAll("-", "_");
  const folder = `${module}-${version}`;
  const backend = `
import os, subprocess, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    subprocess.check_call(["/usr/bin/hello"])
    info = "${folder}.dist-info"
    name = "${folder}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.writestr("${module}/__init__.py", 'made_with = "/usr/bin/hello"\\n')
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "/RECORD", "")
    return name
`;
  const files = {
    [`${folder}/PKG-INFO`]: `Metadata-Version: 2.2\nName: ${name}\nVersion: ${version}\n`,
    [`${folder}/pyproject.toml`]: `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "${name}"\nversion = "${version}"\n`,
    [`${folder}/backend.py`]: backend,
  };
  const blocks = Object.entries(files).flatMap(([path, text]) => [header(path, Buffer.byteLength(text)), padded(text)]);
  return { filename: `${folder}.tar.gz`, bytes: gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])) };
}

function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(path, 0);
  block.write("0000644\0", 100);
  block.write("0000000\0", 108);
  block.write("0000000\0", 116);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("00000000000\0", 136);
  block.write("        ", 148);
  block.write("0", 156);
  block.write("ustar\0", 257);
  block.write("00", 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padded(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const block = Buffer.alloc(Math.ceil(size / 512) * 512);
  block.write(text);
  return block;
}
