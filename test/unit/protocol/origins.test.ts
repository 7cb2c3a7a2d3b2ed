import { matchesOrigin, originProblem } from "@vaultproof/protocol/origins";
import { restrictionsSchema } from "@vaultproof/protocol/restrictions";
import t from "tap";

void t.test("origins as browsers send them", (t) => {
  for (const origin of [
    "https://app.example",
    "https://app.example:8443",
    "https://192.0.2.1",
    "https://[2001:db8::1]:8443",
    "https://xn--bcher-kva.example",
    "https://localhost",
    "http://localhost",
    "http://localhost:5173",
    "http://app.localhost:3000",
    "http://127.0.0.1:8080",
    "http://[::1]:8080",
    "https://*.app.example",
    "https://*.app.example:8443",
  ]) {
    t.equal(originProblem(origin), null, origin);
    t.ok(matchesOrigin(origin, origin.replace("*", "a.b")), origin);
  }
  t.end();
});

void t.test("anything else is told what is wrong with it", (t) => {
  const wrong: [string, RegExp][] = [
    ["https://app.example/", /trailing slash/],
    ["https://app.example/path", /path/],
    ["https://app.example?x", /path/],
    ["https://App.example", /lowercase/],
    ["HTTPS://app.example", /lowercase/],
    ["https://app.example:443", /default port/],
    ["https://bücher.example", /as browsers send it/],
    ["https://user@app.example", /as browsers send it/],
    ["https://0x7f.1", /as browsers send it/],
    [" https://app.example", /lowercase/],
    ["https://app.example\n", /as browsers send it/],
    ["app.example", /https:\/\/host/],
    ["null", /https:\/\/host/],
    ["", /https:\/\/host/],
    ["https://", /https:\/\/host/],
    ["ftp://app.example", /https:\/\/host/],
    ["chrome-extension://abc", /https:\/\/host/],
    ["https://app.example.", /dot/],
    ["https://app.example:0", /port/],
    ["http://app.example", /localhost only/],
    ["http://localhost.evil.example", /localhost only/],
    ["http://127.0.0.1.evil.example", /localhost only/],
    ["http://10.0.0.1", /localhost only/],
    ["*", /\*/],
    ["https://*", /\*/],
    ["https://*.example", /two labels/],
    ["https://*.1.2.3.4", /two labels/],
    ["https://a.*.example.com", /\*/],
    ["https://*app.example.com", /\*/],
    ["https://*.*.example.com", /\*/],
    ["https://app.example:*", /\*/],
    ["http://*.localhost", /\*/],
    [`https://${"a.".repeat(300)}example`, /512/],
  ];
  for (const [origin, problem] of wrong) {
    t.match(originProblem(origin) ?? "no problem", problem, origin);
    const parsed = restrictionsSchema.safeParse({ origins: ["https://good.example", origin] });
    t.same(parsed.error?.issues[0]?.path, ["origins", 1], origin);
    t.match(parsed.error?.issues[0]?.message, problem);
  }
  t.end();
});
