import { findExposure } from "@vaultproof/server/process-exposure";
import t from "tap";

const start = (
  execArgv: string[],
  env: Record<string, string> = {},
  isInspected = false,
): Parameters<typeof findExposure>[0] => ({ execArgv, env, isInspected });

void t.test("what shows memory or keys is found, however it is given", (t) => {
  const exposing = [
    ...["--inspect", "--inspect=0.0.0.0:9229", "--inspect-brk", "--inspect-wait=1", "--inspect_brk"],
    ...["--heapsnapshot-signal=SIGUSR2", "--heapsnapshot_signal=SIGUSR2", "--heapsnapshot-near-heap-limit=2"],
    ...["--report-on-fatalerror", "--report-on-signal", "--report-uncaught-exception"],
    ...["--abort-on-uncaught-exception", "--abort_on_uncaught_exception"],
    ...["--tls-keylog=/tmp/k", "--trace-tls"],
  ];
  for (const option of exposing) {
    t.equal(findExposure(start(["--no-warnings", option])).length, 1, option);
    for (const text of [option, `--no-warnings ${option}`, `"${option}" --no-warnings`]) {
      t.equal(findExposure(start([], { NODE_OPTIONS: text })).length, 1, `NODE_OPTIONS=${text}`);
    }
    t.notMatch(findExposure(start([option])).join(), /9229|\/tmp/, "no value is told");
  }
  t.equal(findExposure(start([], {}, true)).length, 1, "a debugger that was attached otherwise");
  t.equal(findExposure(start(["--inspect"], {}, true)).length, 1, "once is enough");
  t.equal(findExposure(start([], { NODE_TLS_REJECT_UNAUTHORIZED: "0" })).length, 1);
  t.end();
});

void t.test("other options are nobody's business", (t) => {
  const harmless = [
    "--disable-proto=delete",
    "--max-old-space-size=512",
    "--inspect-port=9300",
    "--enable-source-maps",
  ];
  t.same(findExposure(start(harmless, { NODE_OPTIONS: harmless.join(" ") })), []);
  t.same(findExposure(start([], { NODE_TLS_REJECT_UNAUTHORIZED: "1" })), []);
  t.end();
});
