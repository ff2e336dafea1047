import { ImageSpecError } from "@imagespec/errors";
import type { Answer, Call } from "./call.ts";
import { parseNextLink } from "./link-header.ts";
import type { RegistryHttp } from "./registry-http.ts";

const pageLimit = 16 * 1024 * 1024;
const maxPages = 10_000;

/** The answers of a paged list, following `Link` (distribution-spec, "Listing Tags"). @throws REGISTRY_PROTOCOL for pages in a circle */
export async function* answerPages(http: RegistryHttp, first: Call): AsyncGenerator<Answer, void, undefined> {
  const seen = new Set<string>();
  let call = first;
  for (;;) {
    const answer = await http.answer(call, pageLimit);
    yield answer;
    const next = parseNextLink(answer.header("link"));
    if (next === undefined) return;
    const url = URL.canParse(next, answer.url.href) ? new URL(next, answer.url) : undefined;
    if (url === undefined || seen.has(url.href) || seen.size >= maxPages) {
      throw new ImageSpecError(
        "REGISTRY_PROTOCOL",
        `registry "${first.endpoint.registry}" gave a list without an end for ${first.what}`,
        {
          hint: "report this to the registry's maker",
          details: { registry: first.endpoint.registry },
        },
      );
    }
    seen.add(url.href);
    call = { ...call, target: url };
  }
}
