import { type Digest, isDigest } from "@imagespec/oci";
import { RegistryFailure } from "../http/registry-failure.ts";

/** The digest that a client sent in a path or query; anything else is answered by 400. */
export function digestParameter(text: string): Digest {
  if (isDigest(text)) return text;
  throw new RegistryFailure(400, {
    code: "DIGEST_INVALID",
    message: `"${text}" is not a sha256 or sha512 digest`,
    detail: { digest: text },
  });
}
