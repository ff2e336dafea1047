import type { LoadedSpec, PlannedImage } from "@imagespec/core";
import type { ImageSpecError } from "@imagespec/errors";
import { formatError } from "./format-error.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";

interface PlanLook {
  readonly style: Style;
  readonly columns: number;
  readonly cwd: string;
  readonly specs: readonly LoadedSpec[];
}

/** A plan for people: a row an image, then what stops a build and what one may want to know. */
export function formatPlan(
  images: readonly PlannedImage[],
  problemOf: (image: PlannedImage) => ImageSpecError,
  look: PlanLook,
): readonly string[] {
  const { style } = look;
  const header = ["action", "image", "builder", "why"].map((title) => style.dim(title));
  const rows = images.map((image) => [
    paintAction(image, style),
    style.bold(`${image.name}:${image.tag}`),
    image.builder ?? style.dim("-"),
    whyOf(image),
  ]);
  const blocked = images.filter(({ action }) => action === "blocked");
  const problems = blocked.flatMap((image) => [
    "",
    ...formatError(problemOf(image), { ...look, origin: originOf(image, look.specs) }),
  ]);
  const hints = [
    ...new Set(images.filter(({ action, isBase }) => action !== "exists" && !isBase).flatMap((image) => image.hints)),
  ];
  return [
    ...formatTable([header, ...rows]),
    ...problems,
    ...(hints.length === 0 ? [] : ["", ...hints.map((hint) => `  ${style.cyan("hint:")} ${hint}`)]),
  ];
}

function paintAction({ action }: PlannedImage, style: Style): string {
  if (action === "exists") return style.green(action);
  return action === "blocked" ? style.red(action) : style.yellow(action);
}

function whyOf(image: PlannedImage): string {
  const { action, existing, missing, platforms, isBase, part, reference, appendsTo } = image;
  const base = isBase ? `${parts[part]} of another image; ` : "";
  if (action === "exists")
    return `${base}${existing === undefined ? "assumed to be there" : `${existing.reference} is there`}`;
  if (action === "join") return `${base}every platform is there and would be joined`;
  if (action === "blocked") return `${base}a build would fail`;
  const ready = platforms.length - missing.length;
  const what = ready > 0 ? `only ${missing.join(", ")} is missing` : `absent, for ${missing.join(", ")}`;
  const appended = appendsTo === undefined ? "" : "; its source is appended to the image without it";
  return `${base}${what}; goes to ${placeOf(reference, image)}${appended}`;
}

const parts: Readonly<Record<PlannedImage["part"], string>> = {
  whole: "base",
  system: "base and system packages",
  trunk: "all but the source",
};

/** Where the image goes, without repeating its name and tag. */
function placeOf(reference: string, { name, tag }: PlannedImage): string {
  const own = `${name}:${tag}`;
  if (reference === own) return "the local store";
  return reference.endsWith(`/${own}`) ? reference.slice(0, -own.length - 1) : reference;
}

function originOf({ name }: PlannedImage, specs: readonly LoadedSpec[]): LoadedSpec | undefined {
  return specs.length === 1 ? specs[0] : specs.find(({ spec }) => spec.name === name);
}
