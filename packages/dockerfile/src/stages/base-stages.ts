import { textEntry } from "../context/text-entry.ts";
import type { PlanState } from "../plan/plan-state.ts";
import { isRoot } from "../plan/plan-user.ts";
import { indexOptions } from "../plan/uv-options.ts";
import { aptScript } from "../scripts/apt-script.ts";
import { condaScript, rattlerVersion } from "../scripts/conda-script.ts";
import { uvScript } from "../scripts/uv-script.ts";
import { bindMount, cacheMount } from "../text/mount.ts";
import { quoteShell } from "../text/quote-word.ts";
import { packageMounts, platformFlag, uvMounts } from "./build-tools.ts";
import { writeCommandCertificates, writeCommands } from "./commands.ts";

/** The stage that everything stands on. */
export function writeBaseStage({ text, base }: PlanState): void {
  text.blank();
  text.instruction("FROM", [`${platformFlag} ${base?.reference ?? "scratch"} AS base`], {
    name: "base",
    field: "baseImage",
  });
  if (!isRoot(base?.config.User ?? "")) {
    text.comment("The base has a user of its own; what follows is done by root");
    text.instruction("USER", ["0"]);
  }
}

/** The interpreter, where it is not the base's: in a stage of its own, so that a change of the base's packages leaves it alone. */
export function writePythonStage(state: PlanState): void {
  const { text, python, context } = state;
  if (python === undefined || python.source === "base") return;
  context.add(textEntry("build/uv.sh", uvScript));
  text.blank();
  const run = [bindMount("build/uv.sh", "/build/uv.sh")];
  if (python.source === "uv") {
    text.comment(`Python ${python.version}, which the base does not have`);
    text.instruction("FROM", ["base AS python"]);
    text.instruction(
      "RUN",
      [
        ...uvMounts(state),
        ...run,
        `sh /build/uv.sh python install --no-bin --install-dir /opt/python ${python.version}`,
        `&& ln -s /opt/python/cpython-${python.minor}.* /opt/python/${python.minor}`,
        "&& rm -rf /opt/python/.[a-z]*",
      ],
      { name: `python ${python.version}`, field: "pythonVersion" },
    );
    return;
  }
  writeCondaStage(state, run);
}

function writeCondaStage(state: PlanState, run: readonly string[]): void {
  const { text, spec, python, context, secrets } = state;
  context.add(textEntry("build/conda.py", condaScript));
  const channels = spec.condaChannels.length === 0 ? ["conda-forge"] : spec.condaChannels;
  const version = python?.version ?? "";
  const isPatch = version.split(".").length > 2;
  const specs = [...spec.condaPackages, isPatch ? `python ==${version}` : `python ${version}.*`];
  const logins = secrets.loginArguments();
  // The shell script knows logins for the package index alone.
  const indexLogins = logins.slice(0, logins.lastIndexOf("--login") + 2);
  const bust = secrets.bust("packages");
  text.comment("The conda environment, with the Python of the image");
  text.instruction("FROM", ["base AS conda"]);
  text.instruction(
    "RUN",
    [
      ...packageMounts(state),
      ...run,
      bindMount("build/conda.py", "/build/conda.py"),
      ...(bust === undefined ? [] : [`: secrets ${bust};`]),
      ...(spec.cuda === undefined ? [] : [`export CONDA_OVERRIDE_CUDA=${spec.cuda};`]),
      [
        "sh /build/uv.sh",
        ...(logins.includes("--login") ? indexLogins : []),
        "run --no-project --python-preference system --python '>=3.10'",
        ...indexOptions(spec),
        `--with py-rattler==${rattlerVersion}`,
        "python /build/conda.py",
        ...logins,
      ].join(" "),
      ...channels.map((channel) => `--channel ${quoteShell(channel)}`),
      specs.map(quoteShell).join(" "),
    ],
    { name: `conda ${spec.condaPackages.join(" ")}`, field: "condaPackages" },
  );
}

/** Whether a stage with system packages is needed. */
export function hasSystemStage({ spec }: Pick<PlanState, "spec">): boolean {
  return spec.aptPackages.length > 0 || spec.commands.some(({ after }) => after === "system");
}

/** Debian packages, and commands that come before Python. */
export function writeSystemStage(state: PlanState): void {
  const { text, spec, context, secrets } = state;
  if (!hasSystemStage(state)) return;
  text.blank();
  text.instruction("FROM", ["base AS system"]);
  if (spec.aptPackages.length > 0) {
    context.add(textEntry("build/apt.sh", aptScript));
    text.comment("What apt downloads is kept in cache mounts; everything mounted in them leaves no trace in the image");
    text.instruction(
      "RUN",
      [
        cacheMount("imagespec-apt", "/var/cache/apt", "locked"),
        cacheMount("imagespec-apt-lists", "/var/lib/apt/lists", "locked"),
        bindMount("build/apt.sh", "/var/cache/apt/imagespec.sh"),
        ...secrets.machine("ca", "/var/cache/apt/imagespec-ca.pem"),
        `sh /var/cache/apt/imagespec.sh ${spec.aptPackages.map(quoteShell).join(" ")}`,
      ],
      { name: "apt", field: "aptPackages" },
    );
  }
  if (spec.commands.some(({ after }) => after === "system")) writeCommandCertificates(state);
  writeCommands(state, "system");
}
