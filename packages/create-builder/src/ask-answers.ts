import { messageOf } from "@imagespec/errors";
import { builderNames } from "./builder-names.ts";

interface Answers {
  readonly name: string | undefined;
  readonly folder: string | undefined;
  readonly description: string | undefined;
}

/** Asks for what was not given on the command line; nothing when the user leaves. */
export async function askAnswers(given: Answers): Promise<Answers | undefined> {
  const { intro, isCancel, text } = await import("@clack/prompts");
  intro("a new builder for imagespec");
  const name =
    given.name ??
    (await text({
      message: "What is the builder called?",
      placeholder: "slurm",
      validate: (value) => problemOf(value ?? ""),
    }));
  if (isCancel(name)) return undefined;
  const description =
    given.description ??
    (await text({
      message: "What does it do, in one sentence?",
      placeholder: `Builds images with ${name}`,
      defaultValue: "",
    }));
  if (isCancel(description)) return undefined;
  return { ...given, name, description };
}

function problemOf(name: string): string | undefined {
  try {
    builderNames(name);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
