import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext } from "node:tls";
import t, { type Test } from "tap";
import { setEgressStage } from "../helpers/egress-stage.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { makeCertificate } from "../helpers/tls-certificate.js";

// TLS is to the name of the slot, whatever address it is dialled at, and to nobody who cannot show that name.

const skip =
  (process.platform !== "linux" && "only Linux has all of 127.0.0.0/8") ||
  (findReferenceString() === undefined && noReferenceString);

void t.test(
  "the name that is dialled is the name that is asked for and has to be shown",
  { skip },
  async (t) => {
    const certificate = await makeCertificate(t);
    const provider = await startTlsProvider(t, certificate);
    const names = { localhost: [["127.0.0.2"]], "other.test": [["127.0.0.2"]] };
    const serverEnv = { NODE_EXTRA_CA_CERTS: certificate.certPath };
    const stage = await setEgressStage(t, names, { serverEnv });

    const named = await stage.store(`https://localhost:${provider.port}`);
    const answer = await named.app.fetch("/v1/models");
    t.equal(
      await answer.text(),
      `localhost localhost:${provider.port} Bearer [redacted]`.padEnd(provider.told(), "*"),
    );

    for (const host of ["other.test", "127.0.0.2"]) {
      const { app } = await stage.store(`https://${host}:${provider.port}`);
      const refused = await app.fetch("/v1/models");
      t.equal(refused.status, 502);
      t.match(await refused.json(), { reason: "TLS failed" }, `${host} is not in the certificate`);
    }
    t.same(provider.asked, ["localhost", "other.test"], "SNI is the name; an address has none");
    t.equal(provider.requests(), 1, "and nothing was sent to whom it was not shown");
    stage.assertNothingLeft(t);
  },
);

/** On 127.0.0.2, with a certificate for another address and for `localhost`. It tells SNI, Host and what it was sent. */
async function startTlsProvider(t: Test, { key, cert }: { key: string; cert: string }) {
  const asked: string[] = [];
  let requests = 0;
  let told = 0;
  const context = createSecureContext({ key, cert });
  const server = createServer(
    {
      ...{ key, cert },
      SNICallback(name, done) {
        asked.push(name);
        done(null, context);
      },
    },
    (request, response) => {
      requests++;
      const body = `${asked.at(-1) ?? ""} ${request.headers.host ?? ""} ${request.headers.authorization ?? ""}`;
      told = body.length;
      response.end(body);
    },
  );
  server.listen(0, "127.0.0.2");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, asked, requests: () => requests, told: () => told };
}
