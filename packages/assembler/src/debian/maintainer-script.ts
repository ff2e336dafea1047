import { createHash } from "node:crypto";

/** A call of update-alternatives with literal arguments. */
export interface Alternative {
  /** Absolute path of the generic name, such as `/usr/bin/awk`. */
  readonly link: string;
  /** Name below `/etc/alternatives`. */
  readonly name: string;
  /** Absolute path of this candidate. */
  readonly path: string;
  readonly priority: number;
  readonly slaves: readonly { readonly link: string; readonly name: string; readonly path: string }[];
}

/** What is left of a maintainer script when everything known to be inert on a fresh install is taken away. */
export interface ClassifiedScript {
  readonly alternatives: readonly Alternative[];
  /** Why parts were taken away, for reports. */
  readonly inert: readonly string[];
  /** Text that nothing is known about; empty when the script is understood completely. */
  readonly residue: string;
  /** Hex SHA-256 of the residue; undefined when it is empty. */
  readonly residueSha256: string | undefined;
}

/** Blocks of debhelper that do nothing where no service manager, menu or Python package hook is. */
const inertDebhelper: ReadonlySet<string> = new Set([
  "dh_bugfiles",
  "dh_installdebconf",
  "dh_installinit",
  "dh_installmenu",
  "dh_installmime",
  "dh_installsystemd",
  "dh_installsystemduser",
  "dh_installtmpfiles",
  "dh_installudev",
  "dh_python3",
  "dh_systemd_enable",
  "dh_systemd_start",
]);

const boilerplate = /^(set -eu?|set \+eu?|exit 0|umask 022)$/;
/** Moves files of older versions: there are none on a fresh install. */
const maintscriptHelper =
  /^dpkg-maintscript-helper (rm_conffile|mv_conffile|symlink_to_dir|dir_to_symlink) .* -- "\$@"$/;
/** Guards whose body was taken away. */
const emptyGuards: readonly RegExp[] = [
  /^if \[ "\$1" = "?configure"? \] \|\| \[ "\$1" = "?abort-upgrade"? \] \|\| \[ "\$1" = "?abort-deconfigure"? \] \|\| \[ "\$1" = "?abort-remove"? \] ; then\s*fi$/gm,
  /^if \[ "?\$1"? != "?upgrade"? \]; then\s*fi$/gm,
];

/** Whether a maintainer script is for the shell; others are never understood. */
export function isShellScript(text: string): boolean {
  return /^#!\s*\/bin\/(ba|da)?sh\b/.test(text);
}

/**
 * Reads a preinst or postinst for a fresh install, without executing anything.
 *
 * Comments, white space and the package's own version do not count, so that a review of a residue holds for later
 * versions of a package whose script did not change.
 */
export function classifyMaintainerScript(text: string, version: string): ClassifiedScript {
  const alternatives: Alternative[] = [];
  const inert = new Set<string>();
  const { own, debhelper } = splitScript(text);
  const unknown: string[] = [];
  for (const block of debhelper) {
    if (block.name === "dh_installdeb" && block.lines.every((line) => maintscriptHelper.test(line))) {
      inert.add("moves of configuration files");
      continue;
    }
    if (block.name === "dh_installalternatives") {
      const found = extractAlternatives(block.lines.filter((line) => !/^(if \[ .*|fi)$/.test(line)));
      if (found.rest.length === 0) {
        alternatives.push(...found.alternatives);
        continue;
      }
    } else if (inertDebhelper.has(block.name)) {
      inert.add(block.name);
      continue;
    }
    unknown.push(`# ${block.name}`, ...block.lines);
  }
  const meaningful = own.filter((line) => !boilerplate.test(line) && !maintscriptHelper.test(line));
  const found = extractAlternatives(meaningful.map((line) => line.replaceAll(version, "@VERSION@")));
  alternatives.unshift(...found.alternatives);
  const residue = [...withoutEmptyGuards(found.rest), ...unknown].join("\n");
  return {
    alternatives,
    inert: [...inert],
    residue,
    residueSha256: residue === "" ? undefined : createHash("sha256").update(residue).digest("hex"),
  };
}

interface DebhelperBlock {
  readonly name: string;
  readonly lines: string[];
}

/** Lines of the script proper, and the blocks that debhelper added, by the tool that did. */
function splitScript(text: string): { readonly own: readonly string[]; readonly debhelper: readonly DebhelperBlock[] } {
  const own: string[] = [];
  const debhelper: DebhelperBlock[] = [];
  let block: DebhelperBlock | undefined;
  for (const raw of text.replace(/\\\n/g, " ").split("\n")) {
    const line = raw.replace(/\s+/g, " ").trim();
    const begin = /^# Automatically added by ([^\s/]+)/.exec(line)?.[1];
    if (begin !== undefined) {
      block = { name: begin, lines: [] };
      debhelper.push(block);
    } else if (line.startsWith("# End automatically added section")) {
      block = undefined;
    } else if (line !== "" && !line.startsWith("#")) {
      (block?.lines ?? own).push(line);
    }
  }
  return { own, debhelper };
}

const install =
  /^update-alternatives (?:--quiet )?--install (\S+) (\S+) (\S+) (\d+)((?: --slave \S+ \S+ \S+)*)(?: \|\| true)?$/;

function extractAlternatives(lines: readonly string[]): {
  readonly alternatives: readonly Alternative[];
  readonly rest: readonly string[];
} {
  const alternatives: Alternative[] = [];
  const rest: string[] = [];
  for (const line of lines) {
    const [, link, name, path, priority, slaves = ""] = install.exec(line) ?? [];
    // Anything the shell would expand is not literal.
    if (link === undefined || name === undefined || path === undefined || /[$`(]/.test(line)) {
      rest.push(line);
      continue;
    }
    alternatives.push({
      link,
      name,
      path,
      priority: Number(priority),
      slaves: [...slaves.matchAll(/--slave (\S+) (\S+) (\S+)/g)].map(([, link = "", name = "", path = ""]) => ({
        link,
        name,
        path,
      })),
    });
  }
  return { alternatives, rest };
}

function withoutEmptyGuards(lines: readonly string[]): readonly string[] {
  let text = lines.join("\n");
  for (const guard of emptyGuards) text = text.replace(guard, "");
  return text.split("\n").filter((line) => line !== "");
}
