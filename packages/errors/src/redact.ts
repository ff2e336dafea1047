const secrets = new Set<string>();
const MASK = "***";

/**
 * Registers a secret value read in this process, so that {@link redact} masks it.
 *
 * Values shorter than four characters are ignored: masking them would make every message unreadable.
 * Returns a function that forgets the value again.
 */
export function registerSecret(value: string): () => void {
  const forms = [value, encodeURIComponent(value), Buffer.from(value).toString("base64")].filter(
    (form) => form.length >= 4,
  );
  for (const form of forms) secrets.add(form);
  return () => {
    for (const form of forms) secrets.delete(form);
  };
}

/** Masks registered secret values and the password of every URL in a text. */
export function redact(text: string): string {
  let out = text.replace(/([a-z][a-z0-9+.-]*:\/\/)([^\s/@:"']*):([^\s/@"']+)@/gi, `$1$2:${MASK}@`);
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) out = out.replaceAll(secret, MASK);
  return out;
}
