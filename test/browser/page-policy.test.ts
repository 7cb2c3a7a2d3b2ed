import { mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startEdge } from "@vaultproof/edge/node";
import t, { type Test } from "tap";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";

/** What a page finds it may do; run in the page and in a worker of it. */
const TRY_ALL = `
async function tryAll(elsewhere) {
  const attempt = async (act) => { try { return await act(); } catch (error) { return error.name; } };
  return {
    isolated: crossOriginIsolated,
    shared: await attempt(() => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer.constructor.name),
    streamed: await attempt(async () => (await WebAssembly.compileStreaming(fetch("/sdk/0123456789ab/empty.wasm"))).constructor.name),
    unpacked: await attempt(async () => (await fetch("/sdk/0123456789ab/empty.wasm.gz")).headers.get("content-encoding")),
    eval: await attempt(() => eval("1 + 1")),
    own: await attempt(async () => (await fetch("/health")).status),
    elsewhere: await attempt(async () => (await fetch(elsewhere, { mode: "no-cors" })).type),
    data: await attempt(async () => (await fetch("data:,x")).status),
  };
}
`;
const EXPECTED = {
  isolated: true,
  shared: "SharedArrayBuffer",
  streamed: "Module",
  unpacked: null,
  eval: "EvalError",
  own: 503,
  elsewhere: "TypeError",
  data: "TypeError",
};
const EMPTY_WASM = Buffer.from("0061736d01000000", "hex");
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  "index.html": `<!doctype html><html lang="en"><title>a page</title>
    <style>body { color: rgb(1, 2, 3) }</style>
    <script>window.inline = true</script>
    <script type="module" src="/assets/page-0123abcd.js"></script>
    <body style="color: rgb(1, 2, 3)"><img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></body></html>`,
  "assets/page-0123abcd.js": `${TRY_ALL}
    window.tryAll = tryAll;
    window.tryInWorker = (elsewhere) => new Promise((resolve, reject) => {
      const worker = new Worker("/assets/worker-0123abcd.js");
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => reject(new Error("the worker did not start"));
      worker.postMessage(elsewhere);
    });`,
  "assets/worker-0123abcd.js": `${TRY_ALL} onmessage = async ({ data }) => postMessage(await tryAll(data));`,
  "sdk/0123456789ab/empty.wasm": EMPTY_WASM,
  "sdk/0123456789ab/empty.wasm.gz": EMPTY_WASM,
};

const SECRET = { id: "one", secret: new Uint8Array(32).fill(7) };

void t.test("the page's headers in a browser", { skip: chromiumSkipReason() }, async (t) => {
  const edge = await startEdge({}, { port: 0, secrets: [SECRET], dashboardDir: await makeFolder(t) });
  t.teardown(() => edge.close());
  const elsewhere = await startElsewhere(
    t,
    `<iframe src="${edge.url}"></iframe><img src="${edge.url}/icon.svg">`,
  );
  const browser = await launchChromium(t);
  const { page, complaints } = await openPage(browser);
  await page.goto(edge.url);
  await page.waitForFunction('"tryAll" in window');

  await t.test(
    "threads and WebAssembly work, in the page and in its workers; nothing else does",
    async (t) => {
      const tried = JSON.stringify(elsewhere.url);
      t.same(await page.evaluate(`tryAll(${tried})`), EXPECTED, "in the page");
      t.same(await page.evaluate(`tryInWorker(${tried})`), EXPECTED, "in a worker");
      t.same(elsewhere.asked, [], "nothing left for elsewhere");
    },
  );

  await t.test("what is written into the page does not run", async (t) => {
    t.equal(await page.evaluate("window.inline"), undefined);
    t.equal(await page.evaluate("getComputedStyle(document.body).color"), "rgb(0, 0, 0)");
    for (const directive of ["script-src", "style-src", "img-src"]) {
      t.ok(
        complaints.some((text) => text.includes("Content Security Policy") && text.includes(directive)),
        `${directive} was held against it`,
      );
    }
  });

  await t.test("another site gets nothing of it", async (t) => {
    const other = await openPage(browser);
    await other.page.goto(elsewhere.url);
    await other.page.waitForLoadState("load");
    const frames = await Promise.all(other.page.frames().map((frame) => frame.title().catch(() => "")));
    t.notOk(frames.includes("a page"), "not in a frame");
    const bytes = await other.page.evaluate(
      (url) =>
        fetch(`${url}/index.html`, { mode: "no-cors" }).then(
          ({ type }) => type,
          () => "refused",
        ),
      edge.url,
    );
    t.equal(bytes, "refused", "not as a resource");
    await other.context.close();
  });
});

async function makeFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-page-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, contents] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), contents);
  }
  return folder;
}

/** Another origin: it answers everybody, and counts who came after its own page. */
async function startElsewhere(t: Test, html: string): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    response.writeHead(200, { "content-type": "text/html", "access-control-allow-origin": "*" }).end(html);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
