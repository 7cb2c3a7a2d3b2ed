import t from "tap";
import { errorBody, ERRORS, type ErrorCode } from "@vaultproof/protocol/errors";
import { callWireLimit, LIMITS } from "@vaultproof/protocol/limits";

void t.test("statuses and bodies are word for word those of the protocol", (t) => {
  const expected: [ErrorCode, number, string][] = [
    ["forbidden", 403, '{"error":"Forbidden"}'],
    ["invalidRequest", 400, '{"error":"Invalid request"}'],
    ["invalidProof", 403, '{"error":"Invalid ZK proof","reason":"Proof verification failed"}'],
    ["appNotAuthorized", 403, '{"error":"App not authorized"}'],
    ["unknownTransportKey", 422, '{"error":"Key reconstruction failed","reason":"Unknown transport key"}'],
    ["replay", 403, '{"error":"Proof already used (replay detected)"}'],
    ["keyReconstruction", 422, '{"error":"Key reconstruction failed"}'],
    ["upstreamFailed", 502, '{"error":"Upstream request failed"}'],
    ["unauthorized", 401, '{"error":"Unauthorized"}'],
    ["internal", 500, '{"error":"Internal error"}'],
  ];
  for (const [code, status, body] of expected) {
    t.equal(ERRORS[code].status, status, code);
    t.equal(JSON.stringify(errorBody(code)), body, code);
  }
  t.equal(ERRORS.payloadTooLarge.status, 413);
  t.equal(ERRORS.rateLimited.status, 429);
  t.equal(ERRORS.upstreamTimeout.status, 504);
  t.equal(ERRORS.slotExists.status, 409);
  t.equal(ERRORS.shareNotOpened.status, 422);
  t.end();
});

void t.test("a body holds its error and what is given beside it, nothing else", (t) => {
  t.equal(
    JSON.stringify(errorBody("invalidRequest", { details: ["method: required"] })),
    '{"error":"Invalid request","details":["method: required"]}',
  );
  t.equal(
    JSON.stringify(errorBody("appNotAuthorized", { reason: "method not allowed" })),
    '{"error":"App not authorized","reason":"method not allowed"}',
  );
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const { status } = ERRORS[code];
    t.ok(status >= 400 && status < 600, code);
    t.notOk("status" in errorBody(code));
  }
  t.end();
});

void t.test("sizes are those of the protocol", (t) => {
  t.equal(LIMITS.proofBytes, 6464);
  t.equal(LIMITS.callLifetimeSeconds, 300);
  t.equal(LIMITS.defaultBodyBytes, 10 * 1024 * 1024);
  for (const size of [0, 1, 2, 3, 1000]) {
    const base64 = Buffer.alloc(size).toString("base64").length;
    t.equal(callWireLimit(size) - LIMITS.callFrameBytes, base64);
  }
  // Proof, share, headers and auth at their longest still leave room in the frame of a usual call.
  t.ok(2 * LIMITS.proofBytes + 20_000 + 16_384 < LIMITS.callFrameBytes);
  t.end();
});
