import { randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { formatBundle, parseBundle } from "@vaultproof/protocol/bundle";
import type { Test } from "tap";
import { PLACEMENTS, type ScenePlace } from "./memory-stage.js";
import { openCallMaker, REPLAY, sendCall } from "./proved-calls.js";
import { openApp } from "./sdk-clients.js";

/** Calls that the provider answers badly, or not at all within the server's time. */
export async function failAtTheProvider(t: Test, { slot: { app } }: ScenePlace): Promise<void> {
  t.equal((await app.fetch("/error")).status, 500, "the provider's own error");
  t.equal((await app.fetch("/reset")).status, 502, "a reset");
  t.equal((await app.fetch("/silent")).status, 504, "no answer in time");
  await t.rejects(
    app.fetch("/broken-off").then((answer) => answer.text()),
    "an answer that breaks off",
  );
  const early = await app.fetch("/before-the-body", { method: "POST", body: randomBytes(4 << 20) });
  t.ok([413, 502].includes(early.status), "an answer before the body was read");
}

/** Calls whose caller goes away: at any time, before the answer's head, and in its body. */
export async function cancel(t: Test, place: ScenePlace): Promise<void> {
  const { provider, slot, stage } = place;
  const headers = new AbortController();
  const waiting = slot.app.fetch("/silent-to-the-end", { signal: headers.signal });
  await provider.asked("/silent-to-the-end", 1);
  headers.abort();
  await t.rejects(waiting, "while waiting for the head");
  await provider.ended("/silent-to-the-end", 1);

  const body = new AbortController();
  const answer = await slot.app.fetch("/stalled", { signal: body.signal });
  const reader = answer.body?.getReader();
  t.notOk((await reader?.read())?.done, "the body has begun");
  body.abort();
  await t.rejects(async () => await reader?.read(), "in the body");
  await provider.ended("/stalled", 1);

  const maker = await openCallMaker({ edgeUrl: stage.stack.edgeUrl, ...slot, prover: stage.prover });
  for (const [turns, call] of (await maker.make(6)).entries()) {
    const gone = new AbortController();
    const sending = fetch(`${stage.stack.edgeUrl}/api/v1/proxy/call`, {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: call.body },
      signal: gone.signal,
    });
    for (let i = 0; i < 40 * turns; i++) await turn();
    gone.abort();
    await sending.then((late) => late.body?.cancel()).catch(() => undefined);
  }
}

/** A provider that is not there, and one that takes the connection and reads nothing of a body too large to wait. */
export async function meetDeafEars(t: Test, { stage, provider }: ScenePlace): Promise<void> {
  const nobody = await stage.store(PLACEMENTS.bearer, provider.origin.replace(/:\d+$/, ":9"));
  t.equal((await nobody.app.fetch("/")).status, 502, "nobody listens");
  const deaf = await stage.store(PLACEMENTS.longest, provider.deafOrigin);
  const gone = new AbortController();
  const calling = deaf.app.fetch("/", { method: "POST", body: randomBytes(9 << 20), signal: gone.signal });
  await provider.deafConnection;
  gone.abort();
  await t.rejects(calling, "while nobody reads the request");
}

/** Calls that are refused after their proof, and before. */
export async function beRefused(t: Test, { stage, slot }: ScenePlace): Promise<void> {
  const { prover, stack } = stage;
  const edgeUrl = stack.edgeUrl;
  const maker = await openCallMaker({ edgeUrl, ...slot, prover });
  const [call] = await maker.make(1);
  if (call === undefined) throw new Error("no call was made");
  t.equal((await sendCall(edgeUrl, call)).status, 200);
  t.match(await sendCall(edgeUrl, call), REPLAY, "a used nullifier");
  const racing = await maker.make(1);
  const answers = await Promise.all(
    racing.flatMap((one) => [one, one, one].map((it) => sendCall(edgeUrl, it))),
  );
  t.same(answers.map(({ status }) => status).sort(), [200, 403, 403], "the same call three times at once");

  const { share2 } = parseBundle(slot.bundle);
  const wrong = new Uint8Array(randomBytes(share2.length));
  const half = share2.map((byte, i) => (i < share2.length - 1 ? byte : byte ^ 1));
  for (const sent of [wrong, half, wrong.subarray(0, 96)]) {
    const [wrongly] = await maker.make(1, "sealed", sent);
    if (wrongly === undefined) throw new Error("no call was made");
    const body = { error: "Key reconstruction failed" };
    t.match(await sendCall(edgeUrl, wrongly), { status: 422, body }, "another share than the proof's");
  }
  const bundle = formatBundle({ ...parseBundle(slot.bundle), share2: wrong });
  const app = await openApp(t, { url: edgeUrl, bundle, prover });
  t.equal((await app.fetch("/ok")).status, 403, "a bundle with a wrong share");
}
