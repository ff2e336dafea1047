/**
 * What ECR's answer about a manifest means. Absent is only what ECR says it does not have: an image that is archived, whose key is
 * gone, or that an upstream does not give now, is there.
 */
export function classifyAbsence(status: number, body: string): "absent" | { readonly unknown: string } | undefined {
  const said = messageOf(body);
  if (/archiv/i.test(body)) return { unknown: `the image is archived: restore it in ECR first (${said})` };
  if (/kms|inaccessible|upstream/i.test(body)) return { unknown: `ECR cannot give the image: ${said}` };
  if (status === 404 && /\b(?:NAME_UNKNOWN|MANIFEST_UNKNOWN|NOT_FOUND)\b/.test(body)) return "absent";
  if (status === 401 || status === 403) return { unknown: `ECR does not let the caller look: ${said}` };
  return undefined;
}

function messageOf(body: string): string {
  return (/"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body).slice(0, 300);
}
