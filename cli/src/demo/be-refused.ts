import type { VaultProofApp } from "@vaultproof/sdk";
import { readAnswer, type Answer } from "./expectation.js";
import { CALL_PATH, REFUSALS, SCEPTIC_BODY, scepticCommand, type RefusalName } from "./refusals.js";
import type { Play } from "./play.js";
import type { SentRequest } from "./wire-tap.js";

/** What the refusals start from. */
interface Material {
  readonly app: VaultProofApp;
  /** A call that was answered. */
  readonly firstCall: SentRequest;
  readonly revoke: () => Promise<unknown>;
}

/** Sends the five requests that must be refused, and one that must not, and checks each answer. */
export async function beRefused(at: Play, { app, firstCall, revoke }: Material): Promise<void> {
  const { terminal, verdict, tap, choice, scene } = at;
  const { path, headers } = choice.call;
  const edge = scene.stack.edgeUrl + CALL_PATH;
  const callApp = () => app.fetch(path, { headers: { ...headers } });

  await refusal(at, "sceptic", scepticCommand(scene.stack.edgeUrl), () => post(edge, SCEPTIC_BODY));
  await refusal(at, "replay", "", () => post(edge, firstCall.body));

  const { value: caught } = await terminal.timed("proving", () => tap.holdBack(CALL_PATH, callApp));
  const alteration = `"targetPath":"${path}"  →  "targetPath":"/v1/files"`;
  await refusal(at, "altered-path", alteration, () => post(edge, withPath(caught.body, "/v1/files")));
  const pastTheEdge = `POST ${scene.stack.serverUrl}${CALL_PATH}`;
  await refusal(at, "past-the-edge", pastTheEdge, () => post(scene.stack.serverUrl + CALL_PATH, caught.body));
  terminal.blank();
  terminal.text("The same caught call, unaltered, through the edge:");
  const control = await terminal.timed("calling", () => post(edge, caught.body));
  verdict.holds(
    control.value.status === 200 && control.value.source === "upstream",
    "answered 200 by the provider: nothing else was wrong with it",
  );

  await refusal(at, "revoked", "vault.keys.revoke(keySlotId), then app.fetch again", async () => {
    await revoke();
    return readAnswer(await callApp());
  });
  checkReceived(at);
}

async function refusal(
  { terminal, verdict }: Play,
  name: RefusalName,
  shown: string,
  send: () => Promise<Answer>,
): Promise<void> {
  const { title, why, expected } = REFUSALS[name];
  terminal.blank();
  terminal.text(`Refusal ${refusalNumber(name)}: ${title}. ${why}`);
  if (shown !== "") terminal.note(shown);
  const { value: answer, took } = await terminal.timed("sending", send);
  terminal.text(`${answer.status} ${answer.body}   (${took})`);
  verdict.matches(expected, answer);
}

/** The local provider saw every request that reached it: the answered calls and nothing of the refused ones. */
function checkReceived({ terminal, verdict, choice, scene }: Play): void {
  if (scene.localProvider === undefined) return;
  const { received } = scene.localProvider;
  const list = `GET ${choice.call.path}`;
  const answered = [list, "POST /v1/chat/completions", list];
  terminal.blank();
  verdict.holds(
    JSON.stringify(received) === JSON.stringify(answered),
    `the provider received ${received.length} requests, the ${answered.length} that were answered; no refused one reached it`,
  );
}

function refusalNumber(name: RefusalName): number {
  return Object.keys(REFUSALS).indexOf(name) + 1;
}

function withPath(body: string, targetPath: string): string {
  return JSON.stringify({ ...(JSON.parse(body) as Record<string, unknown>), targetPath });
}

async function post(url: string, body: string): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  return readAnswer(await fetch(url, { method: "POST", headers, body }));
}
