import t from "tap";
import { readConfig } from "@vaultproof/server/config";
import { explainStartError } from "vaultproof/stack/start-errors";

function systemError(properties: Record<string, unknown>, message = "system error"): Error {
  return Object.assign(new Error(message), properties);
}

void t.test("a port in use is named with its variable", (t) => {
  const explain = (port: number, env: Record<string, string>) =>
    explainStartError(systemError({ code: "EADDRINUSE", port }), env);
  t.match(explain(8787, {}), { code: "port-in-use", message: /8787 \(EDGE_PORT\)/ });
  t.match(explain(8788, {}), { code: "port-in-use", message: /8788 \(SERVER_PORT\)/ });
  t.match(explain(8789, { OPS_PORT: "" }), { code: "port-in-use", message: /8789 \(OPS_PORT\)/ });
  t.match(explain(9000, { SERVER_PORT: " 9000 " }), { code: "port-in-use", message: /9000 \(SERVER_PORT\)/ });
  t.end();
});

void t.test("every problem of the configuration is in the one line", (t) => {
  const secret = "not-base64-but-secret";
  try {
    readConfig({ SERVER_ENCRYPTION_KEY: secret, SERVER_PORT: "70000" });
    t.fail("must throw");
  } catch (error) {
    const explained = explainStartError(error, {}) as Error;
    t.match(explained, { code: "configuration-invalid", message: /SERVER_ENCRYPTION_KEY.*; .*SERVER_PORT/ });
    t.notMatch(explained.message, /\n/);
    t.notMatch(explained.message, secret);
  }
  t.end();
});

void t.test("an unreachable PostgreSQL is named, its password is not", (t) => {
  const env = { DATABASE_URL: "postgres://user:pass-word@127.0.0.1:1/x" };
  const refused = systemError({ code: "ECONNREFUSED" }, "connect ECONNREFUSED 127.0.0.1:1");
  const explained = explainStartError(refused, env) as Error;
  t.match(explained, { code: "database-unreachable", message: /ECONNREFUSED/ });
  t.notMatch(explained.message, "pass-word");
  t.match(explainStartError(systemError({ code: "28P01" }), env), { code: "database-unreachable" });
  t.equal(explainStartError(refused, {}), refused, "without DATABASE_URL it is something else");
  t.end();
});

void t.test("what it does not know comes back as it is", (t) => {
  const error = new TypeError("bug");
  t.equal(explainStartError(error, {}), error);
  t.equal(explainStartError("text", {}), "text");
  t.end();
});
