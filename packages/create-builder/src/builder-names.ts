import { ImageSpecError } from "@imagespec/errors";

/** What a new builder and its package are called. */
export interface BuilderNames {
  /** As specs and the command name it: `slurm-farm`. */
  readonly builder: string;
  /** The export of the package: `slurmFarm`. */
  readonly factory: string;
  /** Its options: `SlurmFarmOptions`. */
  readonly options: string;
  /** `imagespec-builder-slurm-farm`, or with the scope that was given. */
  readonly package: string;
  /** The folder it is made in, unless another is given. */
  readonly folder: string;
}

const prefix = "imagespec-builder-";
const reserved = new Set(["assemble", "buildkit", "aws-codebuild", "google-cloud-build", "nix"]);

/**
 * The names that follow from what was typed: `slurm`, `imagespec-builder-slurm`, or `@acme/imagespec-builder-slurm`.
 *
 * @throws CONFIG_INVALID for a word that cannot be the name of a builder
 */
export function builderNames(text: string): BuilderNames {
  const [, scope = "", rest = ""] = /^(@[a-z0-9-]+\/)?(.*)$/s.exec(text) ?? [];
  const builder = rest.startsWith(prefix) ? rest.slice(prefix.length) : rest;
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(builder) || builder.length > 40) {
    throw new ImageSpecError("CONFIG_INVALID", `"${text}" cannot be the name of a builder`, {
      hint: "use lower-case letters, digits and single dashes, beginning with a letter, such as slurm or my-farm",
      details: { name: text },
    });
  }
  if (reserved.has(builder)) {
    throw new ImageSpecError("CONFIG_INVALID", `"${builder}" is the name of a builder of imagespec itself`, {
      hint: "choose another name: two builders of one name cannot be registered",
      details: { name: builder },
    });
  }
  const words = builder.split("-").map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  const joined = words.join("");
  return {
    builder,
    factory: factoryName(`${joined.charAt(0).toLowerCase()}${joined.slice(1)}`),
    options: `${joined}Options`,
    package: `${scope}${prefix}${builder}`,
    folder: `${prefix}${builder}`,
  };
}

/** Words that cannot be the name of a constant in a module. */
const words = new Set(
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof let new null package private protected public return static super switch this throw true try typeof var void while with yield interface implements".split(
    " ",
  ),
);

function factoryName(name: string): string {
  return words.has(name) ? `${name}Builder` : name;
}
