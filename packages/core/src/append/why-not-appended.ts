import type { OutputPlace } from "../engine/build-target.ts";
import { isOwnWorkdir } from "../spec/own-workdir.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { userIds } from "./user-ids.ts";

/**
 * Why the engine does not append the source of a spec to an image that is there without it, in words that follow "because"; nothing
 * when it may. A spec without source has nothing to append.
 */
export function whyNotAppended(spec: ResolvedImageSpec, place: OutputPlace): string | undefined {
  if (place.kind !== "registry") return "the output is no registry";
  if (spec.resolvedBase.kind === "scratch") return "the base is empty";
  if (spec.profile !== "imagespec") return `the layout is "${spec.profile}"`;
  if (spec.bytecode) return "the source is compiled";
  if (spec.commands.some(({ after }) => after === "source")) return "a command runs after the source";
  if (spec.user !== undefined && userIds(spec.user) === undefined)
    return `the ids of the user "${spec.user}" are not known`;
  const workdir = partsOf(spec.workdir);
  // Folders above it would have to be written again, whatever they are in the base: links, or somebody's own.
  if (workdir.length !== 1 || !isOwnWorkdir(spec.workdir)) return `"${spec.workdir}" is no folder of its own below "/"`;
  const outside = spec.source.files.find(({ destination }) => partsOf(destination)[0] !== workdir[0]);
  if (outside !== undefined) return `"${outside.destination}" is outside of "${spec.workdir}"`;
  const deleting = spec.source.files.find(({ destination }) => /(?:^|\/)\.wh\./.test(destination));
  return deleting === undefined ? undefined : `a layer cannot hold "${deleting.destination}"`;
}

function partsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
