import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PROVIDER_ANSWER } from "../load/provider-call.js";

// A provider on the loopback that insists on its key and answers at once. A process of its own.

const expected = `Bearer ${process.env.PROVIDER_KEY ?? ""}`;

const server = createServer((request, response) => {
  request.resume().once("end", () => {
    const authorised = request.headers.authorization === expected;
    const body = authorised ? PROVIDER_ANSWER : '{"error":{"message":"Incorrect API key provided"}}';
    response
      .writeHead(authorised ? 200 : 401, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      })
      .end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once("disconnect", () => process.exit());
