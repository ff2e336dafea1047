import { suggest } from "@imagespec/errors";
import type { Finding } from "./field-shape.ts";

/** A parsed requirement (PEP 508). */
export interface Requirement {
  /** Normalised (PEP 503). */
  readonly name: string;
  /** Normalised and sorted. */
  readonly extras: readonly string[];
  /** `>=1.0`, sorted, without spaces. */
  readonly specifiers: readonly string[];
  /** Of a `name @ url` requirement. */
  readonly url: string | undefined;
  /** With double quotes and single spaces. */
  readonly marker: string | undefined;
}

/** A distribution name with the spelling that indexes use (PEP 503): `Foo.Bar_baz` → `foo-bar-baz`. */
export function normalizePackageName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

const version =
  /^v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:alpha|beta|preview|pre|a|b|c|rc)[-_.]?\d*)?(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$/i;

/** Parentheses inside of each other. */
const maxMarkerDepth = 100;

const markerVariables = [
  "python_version",
  "python_full_version",
  "os_name",
  "sys_platform",
  "platform_release",
  "platform_system",
  "platform_version",
  "platform_machine",
  "platform_python_implementation",
  "implementation_name",
  "implementation_version",
  "extra",
  "extras",
  "dependency_groups",
];

class RequirementSyntaxError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Parses a requirement, or says what is wrong with it. */
export function parseRequirement(text: string): Requirement | Finding {
  try {
    return new RequirementParser(text).parse();
  } catch (error) {
    if (!(error instanceof RequirementSyntaxError)) throw error;
    const { message, hint } = error;
    return { code: "SPEC_REQUIREMENT", message: `"${text}" ${message}`, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Whether {@link parseRequirement} succeeded. */
export function isRequirement(value: Requirement | Finding): value is Requirement {
  return "name" in value;
}

/** What is wrong with the text of a requirement. */
export function requirementFinding(text: string): Finding | undefined {
  const parsed = parseRequirement(text);
  return isRequirement(parsed) ? undefined : parsed;
}

/** The one spelling of a requirement: `foo[a,b]>=1.0,<2; python_version < "3.11"`. */
export function formatRequirement(requirement: Requirement): string {
  const extras = requirement.extras.length === 0 ? "" : `[${requirement.extras.join(",")}]`;
  const what = requirement.url === undefined ? requirement.specifiers.join(",") : ` @ ${requirement.url}`;
  const marker =
    requirement.marker === undefined ? "" : `${requirement.url === undefined ? "" : " "}; ${requirement.marker}`;
  return `${requirement.name}${extras}${what}${marker}`;
}

class RequirementParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Requirement {
    const text = this.#text;
    if (text.trim() === "") throw new RequirementSyntaxError("is empty", "remove it");
    if (/[\r\n]/.test(text))
      throw new RequirementSyntaxError("has a line break", "write each requirement as an entry of its own");
    if (/^\s*-/.test(text)) {
      throw new RequirementSyntaxError("is an option, not a requirement", `put it into pipExtraArgs: "${text.trim()}"`);
    }
    if (/^\s*(?:git\+|hg\+|bzr\+|svn\+|https?:|ssh:)/i.test(text)) {
      throw new RequirementSyntaxError("is a URL without a name", `write "name @ ${text.trim()}"`);
    }
    if (/^\s*(?:\.{0,2}\/|\.\.?$|file:|[A-Za-z]:\\)/.test(text)) {
      throw new RequirementSyntaxError(
        "is a path, not a requirement",
        "copy the project with sourceRoot or copy, and install it by a command",
      );
    }
    this.#space();
    const name = this.#take(/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/y);
    if (name === undefined)
      throw new RequirementSyntaxError("does not begin with a package name", "begin with a letter or digit");
    this.#space();
    const extras = this.#extras();
    this.#space();
    const url = this.#url();
    const specifiers = url === undefined ? this.#specifiers(name) : [];
    this.#space();
    const marker = this.#marker();
    this.#space();
    if (this.#at < text.length) this.#fail(name);
    return { name: normalizePackageName(name), extras, specifiers, url, marker };
  }

  #fail(name: string): never {
    const rest = this.#text.slice(this.#at);
    const single = /^=\s*([\w.*+!-]+)$/.exec(rest);
    const bare = /^v?(\d[\w.*+!-]*)$/.exec(rest);
    const meant = single?.[1] ?? bare?.[1];
    if (meant !== undefined) {
      throw new RequirementSyntaxError(`has no comparison before "${meant}"`, `write "${name}==${meant}"`);
    }
    if (rest.startsWith("#")) throw new RequirementSyntaxError("has a comment", "remove the comment");
    if (/(?:^|\s)-{1,2}[A-Za-z]/.test(rest)) {
      throw new RequirementSyntaxError(`has an option: "${rest.trim()}"`, "put options into pipExtraArgs");
    }
    if (/^[A-Za-z]/.test(rest)) {
      throw new RequirementSyntaxError(
        `goes on after the name with "${rest}"`,
        "write each requirement as an entry of its own",
      );
    }
    throw new RequirementSyntaxError(`cannot be read from "${rest}" on`, 'write it as in "numpy>=2,<3"');
  }

  #space(): void {
    this.#take(/[ \t]*/y);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #extras(): readonly string[] {
    const found = this.#take(/\[[^\]]*\]/y);
    if (found === undefined) return [];
    const inner = found.slice(1, -1).trim();
    const extras = inner === "" ? [] : inner.split(",").map((extra) => extra.trim());
    for (const extra of extras) {
      if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(extra)) {
        throw new RequirementSyntaxError(
          `has an extra that is not a name: "${extra}"`,
          'write extras as in "package[extra-a,extra-b]"',
        );
      }
    }
    return [...new Set(extras.map(normalizePackageName))].sort();
  }

  #url(): string | undefined {
    if (this.#take(/@[ \t]*/y) === undefined) return undefined;
    const url = this.#take(/\S+/y);
    if (url === undefined) throw new RequirementSyntaxError('has nothing after "@"', "write the URL after it");
    if (/^(?:file:|\.{0,2}\/)/i.test(url)) {
      throw new RequirementSyntaxError(
        "points to a file of this machine",
        "copy the project with sourceRoot or copy, and install it by a command",
      );
    }
    if (!/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(url))
      throw new RequirementSyntaxError(`has "${url}" where a URL belongs`, "write a complete URL");
    if (url.endsWith(";"))
      throw new RequirementSyntaxError('needs a space before ";"', 'write a space between the URL and ";"');
    if (this.#at < this.#text.length && !/^[ \t]/.test(this.#text.slice(this.#at))) this.#fail("");
    return url;
  }

  #specifiers(name: string): readonly string[] {
    const open = this.#take(/\([ \t]*/y) !== undefined;
    const found: string[] = [];
    for (;;) {
      const operator = this.#take(/===|==|~=|!=|<=|>=|<|>/y);
      if (operator === undefined) {
        if (found.length > 0) throw new RequirementSyntaxError("ends its versions with a comma", "remove the comma");
        break;
      }
      this.#space();
      const value = this.#take(operator === "===" ? /[^\s;,)]+/y : /[A-Za-z0-9.*+!_-]+/y);
      if (value === undefined)
        throw new RequirementSyntaxError(`has no version after "${operator}"`, `write "${name}${operator}1.0"`);
      checkVersion(operator, value);
      found.push(`${operator}${value.toLowerCase()}`);
      this.#space();
      if (this.#take(/,[ \t]*/y) === undefined) break;
    }
    if (open && this.#take(/\)/y) === undefined)
      throw new RequirementSyntaxError('lacks a ")"', "close the parenthesis");
    return [...new Set(found)].sort();
  }

  #marker(): string | undefined {
    if (this.#take(/;[ \t]*/y) === undefined) return undefined;
    const marker = this.#or();
    this.#space();
    if (this.#at < this.#text.length) {
      throw new RequirementSyntaxError(
        `has a marker that cannot be read from "${this.#text.slice(this.#at)}" on`,
        "combine markers with and, or",
      );
    }
    return marker;
  }

  #or(): string {
    const parts = [this.#and()];
    while (this.#take(/[ \t]*\bor\b[ \t]*/y) !== undefined) parts.push(this.#and());
    return parts.join(" or ");
  }

  #and(): string {
    const parts = [this.#comparison()];
    while (this.#take(/[ \t]*\band\b[ \t]*/y) !== undefined) parts.push(this.#comparison());
    return parts.join(" and ");
  }

  #comparison(): string {
    this.#space();
    if (this.#take(/\([ \t]*/y) !== undefined) {
      if (++this.#depth > maxMarkerDepth) throw new RequirementSyntaxError("has too many parentheses", "remove some");
      const inner = this.#or();
      this.#depth--;
      if (this.#take(/[ \t]*\)/y) === undefined)
        throw new RequirementSyntaxError('has a marker that lacks a ")"', "close the parenthesis");
      return inner.includes(" or ") ? `(${inner})` : inner;
    }
    const left = this.#operand();
    this.#space();
    const operator = this.#take(/===|==|~=|!=|<=|>=|<|>|\bin\b|\bnot[ \t]+in\b/y);
    if (operator === undefined)
      throw new RequirementSyntaxError("has a marker without a comparison", 'write it as in python_version < "3.11"');
    this.#space();
    return `${left} ${operator.replace(/\s+/, " ")} ${this.#operand()}`;
  }

  #operand(): string {
    const quoted = this.#take(/"[^"]*"|'[^']*'/y);
    if (quoted !== undefined) {
      const inner = quoted.slice(1, -1);
      return inner.includes('"') ? `'${inner}'` : `"${inner}"`;
    }
    const word = this.#take(/[A-Za-z_][\w.]*/y);
    if (word === undefined) {
      throw new RequirementSyntaxError("has an incomplete marker", 'write it as in python_version < "3.11"');
    }
    const variable =
      word === "python_implementation" ? "platform_python_implementation" : word.replace(/^(os|sys|platform)\./, "$1_");
    if (!markerVariables.includes(variable)) {
      const meant = suggest(word, markerVariables);
      throw new RequirementSyntaxError(
        `has an unknown marker variable "${word}"`,
        meant === undefined
          ? `put texts into quotes; variables are ${markerVariables.join(", ")}`
          : `did you mean "${meant}"?`,
      );
    }
    return variable;
  }
}

function checkVersion(operator: string, value: string): void {
  if (operator === "===") return;
  const plain = value.endsWith(".*") ? value.slice(0, -2) : value;
  if (!version.test(plain))
    throw new RequirementSyntaxError(`has "${value}", which is not a version`, "write a version as in 1.2.3 (PEP 440)");
  if (plain !== value && operator !== "==" && operator !== "!=") {
    throw new RequirementSyntaxError(`has ".*" after "${operator}"`, 'use ".*" with == and != only');
  }
  if (plain !== value && /[+]|dev/i.test(plain))
    throw new RequirementSyntaxError(`has "${value}", which is not a version`, "remove the .*");
  if (plain.includes("+") && operator !== "==" && operator !== "!=") {
    throw new RequirementSyntaxError(`has a local version after "${operator}"`, "use == with a local version");
  }
  if (operator === "~=" && !/^v?(?:\d+!)?\d+\.\d/.test(value)) {
    throw new RequirementSyntaxError(`has "~=${value}", which needs two numbers at least`, `write "~=${value}.0"`);
  }
}
