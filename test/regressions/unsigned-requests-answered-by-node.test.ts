import type { AddressInfo } from "node:net";
import t from "tap";
import { openAnyDatabase } from "../helpers/any-database.js";
import { openTestApp } from "../helpers/test-app.js";
import { sendRaw } from "../helpers/wire.js";

/**
 * Node answers some requests by itself before any hook runs: 417 to an expectation that it does not know, 400 to a
 * request without Host. Nobody whom no edge vouches for may get anything from the backend but its one 403.
 */
void t.test("Node's own refusals do not go out in place of the backend's", async (t) => {
  const db = await openAnyDatabase(t);
  const { app } = await openTestApp(t, db);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const heads = {
    "an unknown expectation": "GET /health HTTP/1.1\r\nhost: x\r\nexpect: a-miracle\r\n",
    "no host": "GET /health HTTP/1.1\r\n",
  };
  for (const [name, head] of Object.entries(heads)) {
    const answer = await sendRaw(url, `${head}connection: close\r\n\r\n`);
    t.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/, name);
    t.match(answer, /\r\nvp-source: vaultproof\r\n/, name);
    t.ok(answer.endsWith('\r\n\r\n{"error":"Forbidden"}'), name);
  }
});
