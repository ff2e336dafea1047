import { specFailure } from "../errors/flytekit-error.ts";

/** An image as flytekit's `--image` names it. */
export interface NamedImage {
  readonly name: string;
  /** Without tag and digest. */
  readonly fqn: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

/**
 * Reads the values of flytekit's `--image`: `reference`, or `name=reference`; the first image is the default one. Paths of spec
 * files are for {@link parseFlytekitYaml}.
 *
 * @param usual the default image where no value names one
 * @throws FLYTEKIT_SPEC for a reference without tag and digest, or a second default image
 */
export function readImageValues(values: readonly string[], usual: string): readonly NamedImage[] {
  let main: NamedImage | undefined;
  const others: NamedImage[] = [];
  for (const value of values) {
    const equals = value.indexOf("=");
    const image = equals === -1 ? imageOf("default", value) : imageOf(value.slice(0, equals), value.slice(equals + 1));
    if (image.name !== "default") others.push(image);
    else if (main === undefined) main = image;
    else {
      const both = `${shown(main)} & ${shown(image)}`;
      const text = `Only one default image can be specified. Received multiple ${both} for image`;
      throw specFailure({ type: "ValueError", text, hint: "give the others a name: name=reference" });
    }
  }
  return [main ?? imageOf("default", usual), ...others];
}

function imageOf(name: string, reference: string): NamedImage {
  const at = reference.lastIndexOf("@");
  if (at !== -1) return { name, fqn: reference.slice(0, at), tag: null, digest: reference.slice(at + 1) };
  const colon = reference.lastIndexOf(":");
  if (colon === -1 || reference.includes("/", colon)) {
    const text = `Incorrectly formatted image ${reference}, missing tag or digest`;
    throw specFailure({ type: "AssertionError", text, hint: "add a tag: name:tag" });
  }
  return { name, fqn: reference.slice(0, colon), tag: reference.slice(colon + 1), digest: null };
}

function shown({ name, fqn, tag, digest }: NamedImage): string {
  const quoted = (text: string | null): string => (text === null ? "None" : `'${text}'`);
  return `Image(name='${name}', fqn='${fqn}', tag=${quoted(tag)}, digest=${quoted(digest)})`;
}
