import { createHash } from "node:crypto";
import type { LayerEntry } from "../layer/layer-entry.ts";
import type { FoundWheel } from "./find-wheels.ts";

const venv = "opt/venv";

/** The files of wheels as an installer lays them out in the virtual environment. */
export function installWheels(wheels: readonly FoundWheel[], pythonMinor: string): readonly LayerEntry[] {
  const site = `${venv}/lib/python${pythonMinor}/site-packages`;
  return wheels.flatMap((wheel) => installWheel(wheel, site));
}

function installWheel({ files }: FoundWheel, site: string): readonly LayerEntry[] {
  const info = files.find(({ name }) => name.endsWith(".dist-info/RECORD"))?.name.replace("/RECORD", "") ?? "";
  const installed = files
    .filter(({ name }) => name !== `${info}/RECORD`)
    .map(({ name, executable, content }) => file(`${site}/${name}`, content, executable));
  const points = Buffer.from(files.find(({ name }) => name === `${info}/entry_points.txt`)?.content ?? []).toString();
  const programs = [...points.matchAll(/^([\w.-]+)\s*=\s*([\w.]+):(\w+)$/gm)].map(([, name, module, object]) => {
    const text = `#!/${venv}/bin/python\nimport sys\nfrom ${module} import ${object}\nsys.exit(${object}())\n`;
    return file(`${venv}/bin/${name}`, text, true);
  });
  const all = [...installed, ...programs, file(`${site}/${info}/INSTALLER`, "imagespec\n", false)];
  const lines = all.map((entry) => {
    const content = Buffer.from(entry.content);
    const path = entry.path.startsWith(`${site}/`)
      ? entry.path.slice(site.length + 1)
      : `../../../bin/${nameOf(entry.path)}`;
    return `${path},sha256=${createHash("sha256").update(content).digest("base64url")},${content.length}\n`;
  });
  return [...all, file(`${site}/${info}/RECORD`, `${lines.join("")}${info}/RECORD,,\n`, false)];
}

function file(path: string, content: Uint8Array | string, executable: boolean) {
  return { type: "file" as const, path, mode: executable ? 0o755 : 0o644, content };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
