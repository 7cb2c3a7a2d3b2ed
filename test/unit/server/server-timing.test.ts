import { readTimings } from "@vaultproof/protocol/server-timing";
import t from "tap";
import { setCallStage } from "../../helpers/call-stage.js";

void t.test(
  "a provider's answer says what the steps took, and not what the provider says of its own",
  async (t) => {
    const stage = await setCallStage(t);
    stage.provider.respond((_request, response) => {
      response.writeHead(503, { "server-timing": "verify;dur=999, db;dur=5", "content-type": "text/plain" });
      response.end("busy");
    });
    const answer = await stage.send(await stage.makeCall());
    t.equal(answer.status, 503);
    const header = answer.headers.get("server-timing") ?? "";
    t.match(header, /^verify;dur=\d+\.\d, burn;dur=\d+\.\d, upstream;dur=\d+\.\d$/);
    t.ok((readTimings(header).upstream ?? 0) > 0);
  },
);

void t.test("no refusal tells a time, before the proof holds or after", async (t) => {
  const stage = await setCallStage(t, { grantRestrictions: { methods: ["GET"] } });
  const call = await stage.makeCall();
  t.ok((await stage.send(call)).headers.has("server-timing"), "the call itself is good");
  const refused: readonly [string, Record<string, unknown> | string, number][] = [
    ["a replay", call, 403],
    ["no shape", "{}", 400],
    ["an ill-formed proof", await stage.makeCall({ zkProof: "00" }), 403],
    ["an unknown slot", await stage.makeCall({ keySlotId: crypto.randomUUID() }), 403],
    ["a method that is not granted", await stage.makeCall({ method: "POST" }), 403],
    [
      "a share that does not open",
      await stage.makeCall({ share2_encrypted: undefined, share2: "AAAA" }),
      422,
    ],
  ];
  for (const [name, sent, status] of refused) {
    const answer = await stage.send(sent);
    t.equal(answer.status, status, name);
    t.notOk(answer.headers.has("server-timing"), name);
  }
  stage.provider.respond((_request, response) => response.destroy());
  const broken = await stage.send(await stage.makeCall());
  t.equal(broken.status, 502);
  t.notOk(broken.headers.has("server-timing"), "a provider that gave no answer");
});
