import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import t from "tap";
import { readerOf } from "../helpers/answer-reader.js";
import { openCallPath } from "../helpers/call-path.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { ANTHROPIC, OPENAI } from "../helpers/streaming-shapes.js";

// An answer on its way from a provider through server and edge to an app. What must come early is shown by cause and
// effect: the provider sends its next piece only when the app holds the one before.

const skip = findReferenceString() === undefined && noReferenceString;
const MIB = 1024 * 1024;

await t.test("answers stream", { skip }, async (t) => {
  const { stack, app } = await openCallPath(t);
  const { provider } = stack;

  for (const [name, { path, request, events }] of Object.entries({ OPENAI, ANTHROPIC })) {
    await t.test(`${name}: head and each event arrive before the provider sends the next`, async (t) => {
      const answering = new Promise<ServerResponse>((resolve) => {
        provider.respond((_request, response) => {
          response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
          response.flushHeaders();
          resolve(response);
        });
      });
      const response = await app.fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify(request),
      });
      t.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8", "no event yet");
      t.equal(response.headers.get("vp-source"), "upstream");
      t.strictSame(JSON.parse(provider.requests.at(-1)?.body.toString() ?? ""), request);
      const atProvider = await answering;
      const answer = readerOf(response);
      for (const event of events) {
        atProvider.write(event);
        t.equal(String(await answer.take(Buffer.byteLength(event))), event);
      }
      atProvider.end();
      t.equal(await answer.skipRest(), 0, "and then it ends");
    });
  }

  await t.test("an event that comes in pieces is not held back for its rest", async (t) => {
    const answering = new Promise<ServerResponse>((resolve) => {
      provider.respond((_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" }).write("da");
        resolve(response);
      });
    });
    const response = await app.fetch("/v1/chat/completions", { method: "POST", body: '{"stream":true}' });
    const atProvider = await answering;
    const answer = readerOf(response);
    t.equal(String(await answer.take(2)), "da");
    for (const byte of "ta: x") {
      atProvider.write(byte);
      t.equal(String(await answer.take(1)), byte);
    }
    atProvider.end("\n\n");
    t.equal(String(await answer.take(3)), "\n\n");
  });

  for (const framing of ["content-length", "chunked"]) {
    await t.test(`32 MiB arrive byte for byte, ${framing}`, async (t) => {
      const body = randomBytes(32 * MIB);
      provider.respond((_request, response) => {
        response.writeHead(200, {
          "content-type": "application/octet-stream",
          ...(framing === "chunked" ? {} : { "content-length": body.length }),
        });
        response.end(body);
      });
      const response = await app.fetch("/v1/files/1/content");
      t.equal(response.headers.get("content-length"), framing === "chunked" ? null : String(body.length));
      const hash = createHash("sha256");
      for await (const chunk of response.body ?? []) hash.update(chunk as Uint8Array);
      t.equal(hash.digest("hex"), createHash("sha256").update(body).digest("hex"));
    });
  }
});
