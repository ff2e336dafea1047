import type { Shape, TextShape } from "./field-shape.ts";
import {
  absolutePathFinding,
  commandFinding,
  insidePathFinding,
  nonEmptyFinding,
  requirementsFileFinding,
  secretIdFinding,
  secretStepFinding,
} from "./text-checks.ts";

const text = (what: string, check?: TextShape["check"]): TextShape => ({
  kind: "text",
  what,
  ...(check === undefined ? {} : { check }),
});
const secretId = text("a secret id", secretIdFinding);

/** `{ debian: "trixie" }` */
export const debianShape: Shape = {
  kind: "object",
  what: "a Debian base",
  fields: {
    debian: {
      shape: { kind: "choice", values: ["bookworm", "trixie"] },
      required: true,
      description: "Debian suite.",
    },
  },
};

/** A file name, or the file with groups and extras. */
export const requirementsShape: Shape = {
  kind: "text-or",
  text: text("a file", requirementsFileFinding),
  other: {
    kind: "object",
    what: "a requirements file",
    fields: {
      file: { shape: text("a file", requirementsFileFinding), required: true, description: "The file." },
      groups: {
        shape: { kind: "list", item: text("a dependency group", nonEmptyFinding) },
        description: "Dependency groups of the project to install; lock files only.",
      },
      extras: {
        shape: { kind: "list", item: text("an extra", nonEmptyFinding) },
        description: "Extras of the project to install; lock files only.",
      },
    },
  },
};

/** A command line, or one with a phase and secrets. */
export const commandShape: Shape = {
  kind: "text-or",
  text: text("a command", commandFinding),
  other: {
    kind: "object",
    what: "a command",
    fields: {
      run: { shape: text("a command", commandFinding), required: true, description: "The command line." },
      after: {
        shape: { kind: "choice", values: ["system", "packages", "source"] },
        description: 'Phase after which it runs; "packages" unless given.',
      },
      secrets: { shape: { kind: "list", item: secretId }, description: "Ids of the secrets that it may read." },
    },
  },
};

/** A path, or where from and where to. */
export const copyShape: Shape = {
  kind: "text-or",
  text: text("a path", insidePathFinding),
  other: {
    kind: "object",
    what: "a copy entry",
    fields: {
      from: {
        shape: text("a path", insidePathFinding),
        required: true,
        description: "File or folder, relative to the root folder.",
      },
      to: {
        shape: text("a destination", destinationFinding),
        description:
          "Destination, relative to the working directory unless absolute; one that ends in a slash is the folder to put it into.",
      },
    },
  },
};

function destinationFinding(path: string) {
  if (path === "") return nonEmptyFinding(path);
  if (path.startsWith("/")) return absolutePathFinding(path);
  return path.split("/").includes("..")
    ? { message: `"${path}" has ".."`, hint: "write an absolute path in the image" }
    : undefined;
}

/** A secret. */
export const secretShape: Shape = {
  kind: "object",
  what: "a secret",
  fields: {
    id: { shape: secretId, required: true, description: "Stable name, unique in the spec." },
    from: {
      shape: {
        kind: "object",
        what: "where the value is",
        exactlyOne: true,
        fields: {
          env: { shape: text("a variable name", nonEmptyFinding), description: "Environment variable." },
          file: {
            shape: text("a file", nonEmptyFinding),
            description: "File, relative to the root folder unless absolute.",
          },
          aws: {
            shape: text("an AWS secret", nonEmptyFinding),
            description: "Secret of AWS Secrets Manager, by name or ARN.",
          },
          google: {
            shape: text("a Google secret", nonEmptyFinding),
            description: "Secret of Google Secret Manager, by resource name.",
          },
        },
      },
      required: true,
      description: "Where the value is found: env, file, aws or google.",
    },
    steps: {
      shape: { kind: "list", item: text("a step", secretStepFinding), minItems: 1 },
      description: 'Steps that may read it; ["packages", "commands"] unless given.',
    },
    target: {
      shape: text("an absolute path", absolutePathFinding),
      description: 'Path at which the value is mounted; "/run/secrets/<id>" unless given.',
    },
    cacheBust: {
      shape: text("a text"),
      description: "Enters the fingerprint: change it to have the steps run again.",
    },
  },
};
