import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import t from "tap";
import { sendTo, type Answer } from "./edge-with-backend.js";

const MAIN = fileURLToPath(new URL("main.js", import.meta.resolve("@vaultproof/edge/node")));

function start(env: Record<string, string>): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [MAIN], { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function listening(child: { readonly stdout: Readable }): Promise<string> {
  let output = "";
  for await (const chunk of child.stdout) {
    output += String(chunk);
    const url = /listening on (http:\S+)\n/.exec(output)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the edge ended: ${output}`);
}

for (const name of ["SIGTERM", "SIGINT"] as const) {
  void t.test(`${name} lets a running request end, then exits with 0`, async (t) => {
    const backend = createServer(({ url: path }, response) => {
      if (path !== "/slow") {
        response.end();
        return;
      }
      response.writeHead(200);
      response.write("begun ");
      child.kill(name);
      child.once("exit", () => response.destroy());
      void refused(url).then((refusal) => {
        t.equal(refusal.status, 503);
        t.same(JSON.parse(refusal.body), { error: "Service shutting down" });
        t.match(refusal.headers, { "retry-after": "1", "vp-source": "vaultproof", connection: "close" });
        response.end("ended");
      });
    });
    backend.listen(0, "127.0.0.1");
    await once(backend, "listening");
    t.teardown(() => backend.close());
    const child = start({
      EDGE_SECRETS: `one:${Buffer.alloc(32, 7).toString("base64")}`,
      EDGE_PORT: "0",
      BACKEND_URL: `http://127.0.0.1:${(backend.address() as AddressInfo).port}`,
    });
    const exited = once(child, "exit");
    const url = await listening(child);
    const answer = await sendTo(url, { path: "/slow", headers: { connection: "close" } });
    t.equal(answer.body, "begun ended");
    t.same(await exited, [0, null]);
  });
}

void t.test("a missing secret ends it with one line that says so", async (t) => {
  const child = start({ NODE_ENV: "production" });
  const exited = once(child, "exit");
  const stderr = await text(child.stderr);
  t.same(await exited, [1, null]);
  t.match(stderr, /^edge: EDGE_SECRETS is required: [^\n]+\n$/);
});

/** The first answer of an edge that is stopping. */
async function refused(url: string): Promise<Answer> {
  for (;;) {
    const answer = await sendTo(url, { path: "/fast" });
    if (answer.status !== 200) return answer;
  }
}
