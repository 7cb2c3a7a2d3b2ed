import t from "tap";
import { destinationDigest } from "@vaultproof/protocol/destination";
import {
  DestinationError,
  normaliseBaseUrl,
  PROVIDER_SLUGS,
  PROVIDERS,
  resolveDestination,
  type DestinationRequest,
} from "@vaultproof/protocol/providers";
import { hex, readVectors } from "../../helpers/vectors.js";

const vectors = readVectors("destinations.json");

void t.test("the table of providers and their digests are those of the vectors", (t) => {
  t.strictSame([...PROVIDER_SLUGS], [...vectors.known.map(({ provider }) => provider), "custom"]);
  for (const { digest, ...expected } of vectors.known) {
    const destination = resolveDestination({ provider: expected.provider as "openai" });
    t.strictSame(destination, expected);
    t.equal(hex(destinationDigest(destination)), digest);
    t.equal(normaliseBaseUrl(destination.baseUrl), destination.baseUrl, "the table is in normal form");
  }
  for (const { headerName, headerTemplate, requestHeaders } of Object.values(PROVIDERS)) {
    t.equal(headerTemplate.split("{key}").length, 2);
    t.notOk((requestHeaders as readonly string[]).includes(headerName), "no caller may set the key's header");
  }
  t.end();
});

void t.test("a destination of one's own is that of the vectors", (t) => {
  for (const { request, destination } of vectors.custom) {
    const { digest, ...expected } = destination;
    const resolved = resolveDestination(request as DestinationRequest);
    t.strictSame(resolved, expected);
    t.equal(hex(destinationDigest(resolved)), digest);
  }
  t.equal(
    resolveDestination({ provider: "openai", baseUrl: "http://127.0.0.1:9/" }).baseUrl,
    "http://127.0.0.1:9",
  );
  t.end();
});

void t.test("every part of a destination counts in its digest", (t) => {
  const whole = { provider: "custom", baseUrl: "https://a", headerName: "b", headerTemplate: "{key}" };
  const digests = [
    whole,
    { ...whole, provider: "openai" },
    { ...whole, baseUrl: "http://a" },
    { ...whole, baseUrl: "https://ab", headerName: "" },
    { ...whole, headerName: "c" },
    { ...whole, headerTemplate: "Bearer {key}" },
  ].map((destination) => hex(destinationDigest(destination)));
  t.equal(new Set(digests).size, digests.length);
  t.end();
});

void t.test("a base URL has one spelling, that of the vectors", (t) => {
  for (const { text, origin } of vectors.baseUrls.accepted) {
    t.equal(normaliseBaseUrl(text), origin, text);
    t.equal(normaliseBaseUrl(origin), origin, "normal form is kept");
  }
  t.end();
});

void t.test("what a URL parser would repair or drop is refused", (t) => {
  for (const { text, why } of vectors.baseUrls.refused) {
    t.throws(() => normaliseBaseUrl(text), DestinationError, `${why}: ${JSON.stringify(text.slice(0, 40))}`);
    t.throws(() => resolveDestination({ provider: "custom", baseUrl: text }), DestinationError);
    t.throws(() => resolveDestination({ provider: "openai", baseUrl: text }), DestinationError);
  }
  for (let code = 0; code < 0x80; code++) {
    const char = String.fromCharCode(code);
    if (/[A-Za-z0-9._-]/.test(char)) continue;
    t.throws(() => normaliseBaseUrl(`https://exa${char}mple.com`), DestinationError, `character ${code}`);
  }
  t.end();
});

void t.test(
  "headers that frame or route a request, and templates without exactly one key, are refused",
  (t) => {
    for (const request of vectors.refused) {
      t.throws(
        () => resolveDestination(request as DestinationRequest),
        DestinationError,
        JSON.stringify(request),
      );
    }
    t.end();
  },
);
