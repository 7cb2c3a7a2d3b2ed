/** A document that came with this runs nothing, loads nothing, has no origin of its own and stands in no frame. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

/**
 * Keeps an answer from being a document of the edge's origin, at which keystores lie where the page is served: a provider
 * answers with whatever media type it likes. Programs that fetch see no difference.
 */
export function makeInert(answer: Headers): void {
  answer.set("content-security-policy", CONTENT_SECURITY_POLICY);
  answer.set("x-content-type-options", "nosniff");
}
