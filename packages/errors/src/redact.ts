const key = Symbol.for("dev.imagespec.secrets.v1");

/**
 * How often each form of a secret is registered: two owners of one value must not forget it for each other. One for all copies of
 * this package in the process: a plugin that brings its own must not have its secrets printed by the command's.
 */
const secrets = sharedSecrets();

function sharedSecrets(): Map<string, number> {
  // Only this function writes the property.
  const shared = globalThis as { [key]?: Map<string, number> };
  shared[key] ??= new Map();
  return shared[key];
}

const MASK = "***";
const shortest = 4;

/**
 * Registers a secret value read in this process, so that {@link redact} masks it: as it is, URL-encoded, in base64, inside JSON,
 * and, when it has several lines, each line of 8 characters and more, because logs are redacted line by line.
 *
 * Values shorter than four characters are ignored: masking them would make every message unreadable.
 * Returns a function that forgets the value again.
 */
export function registerSecret(value: string): () => void {
  const forms = value.length < shortest ? new Set<string>() : formsOf(value);
  for (const form of forms) secrets.set(form, (secrets.get(form) ?? 0) + 1);
  return () => {
    for (const form of forms) {
      const left = (secrets.get(form) ?? 0) - 1;
      if (left > 0) secrets.set(form, left);
      else secrets.delete(form);
    }
    forms.clear();
  };
}

function formsOf(value: string): Set<string> {
  const bytes = Buffer.from(value);
  // encodeURIComponent refuses half of a surrogate pair; a trip through UTF-8 replaces it.
  const forms = [
    value,
    encodeURIComponent(bytes.toString()),
    bytes.toString("base64"),
    JSON.stringify(value).slice(1, -1),
  ];
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  if (lines.length > 1) forms.push(...lines.filter((line) => line.length >= 8));
  // A file that ends with a line break is used without it as often as with it.
  const trimmed = value.trim();
  if (trimmed.length >= shortest) forms.push(trimmed);
  return new Set(forms);
}

/**
 * Masks registered secret values, the password of every URL in a text, and a user name that stands alone in an http(s) URL or
 * beside an empty or well-known password: that is where tokens are put.
 */
export function redact(text: string): string {
  let out = text
    .replace(/(https?:\/\/)[^\s/@:"'?#]+(?::(?:x-oauth-basic)?)?@/gi, `$1${MASK}@`)
    .replace(/:\/\/([^\s/@:"']*):([^\s/"']+)@/g, `://$1:${MASK}@`);
  for (const secret of [...secrets.keys()].sort((a, b) => b.length - a.length)) out = out.replaceAll(secret, MASK);
  return out;
}
