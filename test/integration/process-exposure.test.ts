import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import t from "tap";
import { startChild } from "../helpers/child-process.js";
import { postgresSkipReason } from "../helpers/databases.js";
import { startStack } from "../helpers/stack.js";

const SERVER = fileURLToPath(new URL("../../../server/dist/main.js", import.meta.url));
const skip = await postgresSkipReason();
const base64 = (): string => randomBytes(32).toString("base64");

void t.test("a server in production does not start where its memory is open to others", async (t) => {
  const env = {
    NODE_ENV: "production",
    DATABASE_URL: "postgres://nobody@127.0.0.1:9/none",
    SERVER_ENCRYPTION_KEY: base64(),
    SERVER_IDENTITY_KEY: base64(),
    EDGE_SECRETS: `test:${base64()}`,
  };
  const starts = {
    "--inspect": { env, execArgv: ["--inspect=127.0.0.1:0"] },
    "--report-on-fatalerror": { env: { ...env, NODE_OPTIONS: "--report-on-fatalerror" } },
    NODE_TLS_REJECT_UNAUTHORIZED: { env: { ...env, NODE_TLS_REJECT_UNAUTHORIZED: "0" } },
  };
  for (const [name, options] of Object.entries(starts)) {
    const child = startChild(SERVER, options);
    await child.waitFor(new RegExp(`The configuration is not usable:\\n.*${name}`));
    // Until it has ended by itself.
    await child.waitFor(/(?!)/).catch(() => undefined);
    t.equal((await child.stop()).code, 1, name);
  }
});

void t.test("SIGUSR1 does not open a debugger in production", { skip }, async (t) => {
  const stack = await startStack({ database: "postgres" });
  t.teardown(() => stack.close());
  const opened = async (env: Record<string, string>): Promise<boolean> => {
    // Port 0 of Node's debugger is a free one.
    const { child, opsUrl } = await stack.startServer({ NODE_OPTIONS: "--inspect-port=127.0.0.1:0", ...env });
    process.kill(child.pid, "SIGUSR1");
    const told = child.waitFor(/Debugger listening/).then(
      () => true,
      () => false,
    );
    t.equal((await fetch(`${opsUrl}/health`)).status, 200, "it goes on");
    if (env.NODE_ENV === "production") await child.stop();
    return await told;
  };
  t.equal(await opened({}), true, "as Node does by itself");
  t.equal(await opened({ NODE_ENV: "production" }), false);
});
