import { ImageSpecError } from "@imagespec/errors";
import { linkAlternatives } from "./alternatives.ts";
import type { EmulationContext } from "./emulation/emulation.ts";
import type { FileTree } from "./file-tree.ts";
import { type Alternative, classifyMaintainerScript, isShellScript } from "./maintainer-script.ts";
import { type MaintainerScriptName, type ScriptRule, scriptRules } from "./script-rules.ts";
import type { UnpackedPackage } from "./unpack-package.ts";

/** What became of the maintainer scripts: `package.script: what`. */
export interface EmulationReport {
  readonly emulated: readonly string[];
  readonly inert: readonly string[];
}

interface RefusedScript {
  readonly packageName: string;
  readonly script: MaintainerScriptName;
  readonly why: string;
  readonly residueSha256?: string;
}

/**
 * Does to the tree what the preinst and postinst of all packages would do on a fresh install, without running any.
 *
 * @throws DEBIAN_SCRIPT naming every package and script that is not understood.
 */
export function runEmulations(
  tree: FileTree,
  packages: readonly UnpackedPackage[],
  isOmitted: (path: string) => boolean,
): EmulationReport {
  const emulated: string[] = [];
  const inert: string[] = [];
  const refused: RefusedScript[] = [];
  const alternatives: Alternative[] = [];
  const names = new Set(packages.map(({ name }) => name));
  for (const { name, version, control } of packages) {
    const context: EmulationContext = {
      tree,
      packageName: name,
      hasPackage: (wanted) => names.has(wanted),
      addAlternative: (alternative) => alternatives.push(alternative),
    };
    for (const script of ["preinst", "postinst"] as const) {
      const text = control.get(script)?.toString("utf8");
      if (text === undefined) continue;
      if (!isShellScript(text)) {
        refused.push({ packageName: name, script, why: `is not a shell script: "${text.split("\n", 1)[0] ?? ""}"` });
        continue;
      }
      const classified = classifyMaintainerScript(text, version);
      const { residueSha256 } = classified;
      const label = `${name}.${script}`;
      const rule = residueSha256 === undefined ? undefined : findRule(name, script, residueSha256);
      if (residueSha256 !== undefined && (rule === undefined || rule.effect.kind === "decline")) {
        refused.push({ packageName: name, script, why: refusal(name, rule), residueSha256 });
        continue;
      }
      alternatives.push(...classified.alternatives);
      if (rule?.effect.kind === "emulate") rule.effect.run(context);
      const links = classified.alternatives.map((alternative) => `alternative ${alternative.name}`);
      const what = [...(rule === undefined ? classified.inert : [rule.what]), ...links].join(", ");
      if (rule?.effect.kind === "emulate" || links.length > 0) emulated.push(`${label}: ${what}`);
      else inert.push(`${label}: ${what}`);
    }
  }
  if (refused.length > 0) throw scriptError(refused);
  linkAlternatives(tree, alternatives, isOmitted);
  return { emulated, inert };
}

function findRule(name: string, script: MaintainerScriptName, residueSha256: string): ScriptRule | undefined {
  const rules = Object.hasOwn(scriptRules, name) ? scriptRules[name] : undefined;
  return rules?.find((rule) => rule.script === script && rule.residues.includes(residueSha256));
}

function refusal(name: string, rule: ScriptRule | undefined): string {
  if (rule !== undefined) return rule.what;
  return Object.hasOwn(scriptRules, name) ? "differs from the script that was reviewed" : "has not been reviewed";
}

function scriptError(refused: readonly RefusedScript[]): ImageSpecError {
  const list = refused.map(({ packageName, script, why }) => `${script} of "${packageName}" ${why}`).join("; ");
  return new ImageSpecError("DEBIAN_SCRIPT", `maintainer scripts of Debian packages cannot be emulated: ${list}`, {
    hint: "remove the packages, or install them as `aptPackages` on a base image with a builder that runs apt",
    details: { scripts: refused },
  });
}
