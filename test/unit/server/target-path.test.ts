import { isUnambiguousTarget, pathOf } from "@vaultproof/server/proxy/target-path";
import t from "tap";

void t.test("targets that mean one path to everyone", (t) => {
  const plain = [
    ...[
      "/",
      "/v1/models",
      "/v1/models/",
      "/v1//x",
      "/v1/a.b",
      "/v1/.well-known/x",
      "/v1/...",
      "/..a",
      "/a..",
      "/.a",
    ],
    ...[
      "/v1/a%20b",
      "/v1/%E2%82%AC",
      "/v1/models:generate?key=..",
      "/v1/x?next=/../..",
      "/v1/x?q=%2e%2e%2f",
      "/a;b=..",
    ],
    ...[
      "/%2ea",
      "/100%25",
      "/100%25%7E",
      "/%E2%80%A6",
      "/v1/x?q=%",
      "/v1/x?q=%0d%0a%00%ff",
      "/v1/http://x",
      "/@x",
      "/:80",
    ],
  ];
  for (const target of plain) t.ok(isUnambiguousTarget(target), target);
  t.end();
});

void t.test("targets that could mean another", (t) => {
  const ambiguous = [
    ...[
      "/..",
      "/.",
      "/v1/..",
      "/v1/../admin",
      "/v1/./x",
      "/../",
      "/v1/..?x",
      "/v1/%2e%2e/admin",
      "/v1/%2E./x",
      "/v1/.%2e",
    ],
    ...[
      "/v1/%2e",
      "/v1/%252e%252e/x",
      "/v1/..;/admin",
      "/v1/..;a=b",
      "/v1/.;/x",
      "/v1/%2e%2e;x/y",
      "/v1%2fadmin",
    ],
    ...[
      "/v1%2Fadmin",
      "/v1/%5c..",
      "/v1\\admin",
      "/v1/..\\admin",
      "/v1/%252fadmin",
      "/v1/x?q=\\",
      "/v1/x#y",
      "/#",
      "/v1/x?q#y",
    ],
  ];
  const authorities = [
    "//",
    "//evil.example",
    "//evil.example/v1",
    "//127.0.0.1:80/",
    "///x",
    "//user@evil.example/",
  ];
  const controls = [
    "/v1/%0d%0aHost:%20x",
    "/v1/%00",
    "/v1/%09x",
    "/%7f",
    "/%0A",
    "/v1/%250d%250a",
    "/%25250a",
  ];
  // Not UTF-8, of which some is read as a dot or a slash all the same; and what is read so once it is normalised.
  const coded = ["/%", "/%2", "/%zz", "/%u002e%u002e/", "/%c0%ae%c0%ae/", "/%c0%af", "/%e0%80%ae/", "/%ff"];
  const wide = [
    "/%EF%BC%8E%EF%BC%8E/x",
    "/x%EF%BC%8Fy",
    "/%E2%80%A5/x",
    "/%E2%80%A4%E2%80%A4/",
    "/x%EF%BC%BCy",
  ];
  ambiguous.push(...authorities, ...controls, ...coded, ...wide);
  for (const target of ambiguous) t.notOk(isUnambiguousTarget(target), target);
  t.end();
});

void t.test("a path ends where its query begins", (t) => {
  t.equal(pathOf("/v1/x?y=/z?w"), "/v1/x");
  t.equal(pathOf("/v1/x"), "/v1/x");
  t.equal(pathOf("/?"), "/");
  t.end();
});
