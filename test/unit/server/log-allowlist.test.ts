import { createServer } from "node:http";
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import t from "tap";
import { createNotices } from "@vaultproof/server/ops/notices";
import { keepListed } from "@vaultproof/server/log-allowlist";
import { loggerOptions } from "@vaultproof/server/logging";

const CANARY = "sk-canary-5d1e";

function openLog(): { log: FastifyBaseLogger; lines: string[]; last: () => unknown } {
  const lines: string[] = [];
  const logger = loggerOptions("trace", { write: (line) => void lines.push(line) });
  const app: FastifyInstance = Fastify({ logger });
  return { log: app.log, lines, last: () => JSON.parse(lines.at(-1) ?? "null") as unknown };
}

void t.test("what is logged in any unexpected place does not come out, and is named", (t) => {
  const { log, lines, last } = openLog();
  const error = Object.assign(new Error("fails", { cause: new Error(CANARY) }), {
    detail: CANARY,
    request: { headers: { authorization: CANARY } },
    code: { nested: CANARY },
    errors: [CANARY],
  });
  const unexpected: [line: object, unlisted: string[] | undefined][] = [
    [{ err: error }, undefined],
    [error, undefined],
    [{ error }, ["error"]],
    [{ err: { message: CANARY, detail: CANARY } }, undefined],
    [{ headers: { authorization: CANARY } }, ["headers"]],
    [{ body: CANARY, share2: CANARY }, ["body", "share2"]],
    [{ req: { method: "GET", url: `/path?key=${CANARY}`, headers: { cookie: CANARY } } }, undefined],
    [{ res: { statusCode: 200, headers: { "set-cookie": CANARY } } }, undefined],
    [{ status: CANARY }, ["status"]],
    [{ path: [CANARY] }, ["path"]],
    [{ dropped: ["nullifiers_0", { canary: CANARY }] }, ["dropped"]],
    [{ tried: [{ folder: "/crs", problem: "absent", content: CANARY }] }, ["tried.content"]],
    [{ [`${CANARY}:as-a-name`]: 1 }, ["?"]],
    [{ unlisted: [CANARY] }, ["unlisted"]],
    [{ toJSON: () => ({ note: CANARY }) }, undefined],
    [JSON.parse(`{"__proto__":{"note":"${CANARY}"},"status":200}`) as object, ["?"]],
  ];
  for (const [object, unlisted] of unexpected) {
    log.info(object, "said");
    t.match(last(), { msg: "said" });
    if (unlisted !== undefined) t.same((last() as { unlisted?: unknown }).unlisted, unlisted);
  }
  t.notMatch(lines.join(""), CANARY);
  t.end();
});

void t.test("bindings of child loggers are no way around it", (t) => {
  const { log, lines, last } = openLog();
  log
    .child({ key: CANARY, requestId: "kept" })
    .child({ req: CANARY, again: { deep: CANARY } })
    .warn("said");
  t.match(last(), { requestId: "kept", msg: "said", unlisted: ["key", "again"] });
  log.child({ secret: CANARY }, { serializers: { secret: () => ({ shown: CANARY }) } }).warn("said");
  t.match(last(), { unlisted: ["secret"] });
  log.child({ 'a":"': CANARY }).warn("said");
  t.match(last(), { msg: "said", unlisted: ["?"] });
  t.notMatch(lines.join(""), CANARY);
  t.end();
});

void t.test("nothing is longer than it needs to be", (t) => {
  const { log, lines, last } = openLog();
  const long = "x".repeat(100_000);
  const error = new Error(long);
  error.name = long;
  log.error({ err: error, path: long, tried: Array(1000).fill({ folder: "/crs", problem: "absent" }) }, long);
  t.ok((lines.at(-1) ?? "").length < 64_000);
  t.match(last(), { err: { type: /^x+$/, message: /^x+$/ }, msg: /^x+$/ });
  t.equal((last() as { tried: unknown[] }).tried.length, 32);
  log.error(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`member${i}`, 1])), "many");
  t.equal((last() as { unlisted: string[] }).unlisted.length, 16);
  t.end();
});

void t.test("an error whose members are of strange types is told all the same", (t) => {
  const { log, last } = openLog();
  const error = Object.assign(new Error("m"), { name: 7, message: { a: 1 }, stack: null, code: 5 });
  log.error({ err: error }, "strange");
  t.match(last(), { err: { type: "7", message: "[object Object]", stack: "" }, msg: "strange" });
  log.error({ err: "text" }, "no error");
  t.match(last(), { err: { type: "string", message: "not an Error" } });
  t.end();
});

void t.test("what the server logs keeps its members", (t) => {
  const { log, lines, last } = openLog();
  const notices = createNotices();
  notices.tellTo(log);
  notices.verifier({ type: "died", backend: "native", reason: "exit code 1" });
  t.match(last(), { type: "died", backend: "native", reason: "exit code 1", msg: "verifier", level: 40 });
  notices.unreadableTransportKey("0123456789abcdef");
  t.match(last(), { keyId: "0123456789abcdef" });
  notices.database(Object.assign(new Error("gone"), { code: "57P01" }));
  t.match(last(), { err: { type: "Error", message: "gone", code: "57P01", stack: /gone/ } });
  log.debug({ created: ["nullifiers_0"], dropped: [], postponed: [] }, "partitions maintained");
  t.match(last(), { created: ["nullifiers_0"], dropped: [], postponed: [] });
  log.error({ err: new Error("full"), lost: 3 }, "calls could not be logged");
  t.match(last(), { lost: 3 });
  log.warn({ tried: [{ folder: "/crs", problem: "absent" }] }, "no reference string");
  t.match(last(), { tried: [{ folder: "/crs", problem: "absent" }] });
  t.notMatch(lines.join(""), "unlisted");
  t.end();
});

void t.test("a line that is no JSON is replaced", (t) => {
  t.match(JSON.parse(keepListed(`{"msg":"${CANARY}`)), { level: 50 });
  t.equal(keepListed('{"level":30,"msg":"m"}\n'), '{"level":30,"msg":"m"}\n');
  t.end();
});

await t.test("a raw request that is logged says its method and path", async (t) => {
  const { log, lines } = openLog();
  const server = createServer((request, response) => {
    log.info(request, "raw");
    log.info({ req: request, res: response, socket: request.socket }, "raw");
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  await fetch(`http://127.0.0.1:${port}/p?q=${CANARY}`, {
    headers: { "x-key": CANARY, connection: "close" },
  });
  t.equal(lines.length, 2);
  t.notMatch(lines.join(""), CANARY);
  t.match(lines[1], '"path":"/p"');
});
