import t from "tap";
import { createEdge } from "@vaultproof/edge/handler";
import { SECRET, isSigned, startEdgeWithBackend } from "./edge-with-backend.js";

async function seenAddress(trustedProxies: string[], forwardedFor?: string | string[]): Promise<unknown> {
  const stack = await startEdgeWithBackend({ trustedProxies });
  try {
    await stack.send({ headers: forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor } });
    const received = stack.only();
    return isSigned(received) ? received.headers["vp-client-ip"] : "unsigned";
  } finally {
    await stack.close();
  }
}

void t.test("without trusted proxies X-Forwarded-For is nothing", async (t) => {
  t.equal(await seenAddress([]), "127.0.0.1");
  t.equal(await seenAddress([], "192.0.2.1"), "127.0.0.1");
  t.equal(await seenAddress(["10.0.0.0/8"], "192.0.2.1"), "127.0.0.1", "the peer is not the trusted one");
});

void t.test("behind trusted proxies it is the right-most address that is not one of them", async (t) => {
  const trusted = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"];
  const cases: [string | string[] | undefined, string][] = [
    [undefined, "127.0.0.1"],
    ["192.0.2.1", "192.0.2.1"],
    ["203.0.113.9, 192.0.2.1", "192.0.2.1"],
    ["203.0.113.9, 192.0.2.1, 10.1.2.3", "192.0.2.1"],
    ["203.0.113.9,192.0.2.1 , 2001:db8:1::7,10.1.2.3", "192.0.2.1"],
    [["203.0.113.9", "192.0.2.1"], "192.0.2.1"],
    ["10.0.0.1, 10.0.0.2", "10.0.0.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["192.0.2.1:4711", "192.0.2.1"],
    ["[2001:db8::1]:4711", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["192.0.2.1, unknown", "127.0.0.1"],
    ["192.0.2.1, 10.1.2.3, ", "127.0.0.1"],
    ["0300.0.2.1", "127.0.0.1"],
    ["3221225985", "127.0.0.1"],
    ["", "127.0.0.1"],
  ];
  for (const [forwardedFor, expected] of cases) {
    t.equal(await seenAddress(trusted, forwardedFor), expected, String(forwardedFor));
  }
});

void t.test("a trusted range may be written as IPv4-mapped", async (t) => {
  t.equal(await seenAddress(["::ffff:127.0.0.0/104"], "192.0.2.1"), "192.0.2.1");
  t.equal(await seenAddress(["::ffff:127.0.0.1"], "192.0.2.1"), "192.0.2.1");
  t.equal(await seenAddress(["::1/128"], "192.0.2.1"), "127.0.0.1");
});

void t.test("a peer is named in one spelling, and must have a name", async (t) => {
  const seen: (string | null)[] = [];
  const edge = createEdge({
    config: {
      backendUrl: new URL("http://backend.example"),
      secrets: [SECRET],
      ipCallsPerMinute: 0,
      ipRegistrationsPerMinute: 0,
      bodyLimit: 1_000,
      trustedProxies: [],
      corsOrigins: [],
    },
    fetch: (_, { headers }) => {
      seen.push(headers.get("vp-client-ip"));
      return Promise.resolve(new Response());
    },
  });
  for (const peerAddress of ["::ffff:192.0.2.1", "::FFFF:c000:201", "2001:DB8::0:1", "fe80::1%eth0"]) {
    await edge.fetch(new Request("http://edge.example/"), { peerAddress });
  }
  t.same(seen, ["192.0.2.1", "192.0.2.1", "2001:db8::1", "fe80::1"]);
  for (const peerAddress of ["", "localhost", "1.2.3"]) {
    const answer = await edge.fetch(new Request("http://edge.example/"), { peerAddress });
    t.equal(answer.status, 400, peerAddress);
  }
  t.equal(seen.length, 4);
});
