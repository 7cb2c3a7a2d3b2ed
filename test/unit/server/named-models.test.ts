import { BODY_FORM } from "@vaultproof/protocol/request-hash";
import { namedModels } from "@vaultproof/server/proxy/named-models";
import t from "tap";

const JSON_TYPE = { "content-type": "application/json" };

/** What is looked at of a call; its body is text or bytes. */
interface Case {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly provider?: string;
  readonly form?: keyof typeof BODY_FORM;
}

function named({
  path = "/v1/chat/completions",
  headers = JSON_TYPE,
  body,
  provider = "openai",
  form = "base64",
}: Case): string[] | null {
  return namedModels({
    call: { targetPath: path, headers },
    body: body === undefined ? null : Buffer.from(body),
    bodyForm: BODY_FORM[form],
    slot: { provider },
  } as unknown as Parameters<typeof namedModels>[0]);
}

const body = '{"model":"cheap","messages":[]}';

void t.test("the body's top-level member names the model", (t) => {
  t.same(named({ body }), ["cheap"]);
  t.same(
    named({ body: '{"messages":[{"model":"other"}],"model":"cheap"}' }),
    ["cheap"],
    "nested ones do not",
  );
  for (const type of [
    "application/json; charset=utf-8",
    'Application/JSON;charset="UTF-8"',
    "application/json ; charset=utf-8",
  ]) {
    t.same(named({ body, headers: { "content-type": type } }), ["cheap"], type);
  }
  t.same(
    named({ body, headers: {}, form: "json" }),
    ["cheap"],
    "JSON is sent as JSON where no type is named",
  );
  t.same(named({ body: '{"model":"ch\\u0065ap"}' }), ["cheap"]);
  t.end();
});

void t.test("what another reader could read as another model cannot be read", (t) => {
  const bodies: Record<string, string | Uint8Array> = {
    "a duplicate": '{"model":"cheap","model":"dear"}',
    "a duplicate in another spelling": '{"model":"cheap","mod\\u0065l":"dear"}',
    "a duplicate elsewhere": '{"model":"cheap","a":{"b":1,"b":2}}',
    "another case, as Go reads it": '{"model":"cheap","Model":"dear"}',
    "only another case": '{"MODEL":"cheap"}',
    "brackets, as PHP reads it": '{"model":"cheap","model[]":"dear"}',
    "a space before it": '{"model":"cheap"," model":"dear"}',
    "full-width letters": '{"model":"cheap","ｍｏｄｅｌ":"dear"}',
    "fallback models": '{"model":"cheap","models":["dear"]}',
    "no string": '{"model":5}',
    "a list": '{"model":["cheap"]}',
    "an object": '{"model":{"id":"cheap"}}',
    null: '{"model":null}',
    nothing: "{}",
    "nested only": '{"session":{"model":"cheap"}}',
    "an array of requests": '[{"model":"cheap"}]',
    "a string": '"cheap"',
    "two texts": `${body}${body}`,
    "a comment": `/**/${body}`,
    "a trailing comma": '{"model":"cheap",}',
    "single quotes": "{'model':'cheap'}",
    NaN: '{"model":"cheap","t":NaN}',
    "a number beyond doubles": '{"model":"cheap","t":1e999}',
    "a lone surrogate": '{"model":"cheap","t":"\\ud800"}',
    "a form": "model=cheap",
    "a byte order mark": Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(body)]),
    "invalid UTF-8": Buffer.concat([Buffer.from('{"model":"cheap'), Buffer.from([0xff]), Buffer.from('"}')]),
    "UTF-16": Buffer.from(body, "utf16le"),
    nesting: `{"model":"cheap","a":${"[".repeat(80)}${"]".repeat(80)}}`,
    "an empty body": "",
  };
  for (const [name, text] of Object.entries(bodies)) t.equal(named({ body: text }), null, name);
  const types = [
    "text/plain",
    "application/json; charset=utf-16",
    "application/json; charset=utf-8; charset=utf-7",
    "application/json; charset=utf-8, text/plain",
    "application/json, application/x-www-form-urlencoded",
    "application/jsonp",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "",
  ];
  for (const type of types) t.equal(named({ body, headers: { "content-type": type } }), null, type);
  t.equal(named({ body, headers: {} }), null, "bytes without a type");
  for (const coding of ["gzip", "identity", "br, identity", ""]) {
    t.equal(named({ body, headers: { ...JSON_TYPE, "content-encoding": coding } }), null, coding);
  }
  t.end();
});

void t.test("a query that names a model cannot be read", (t) => {
  const queries = [
    "model=dear",
    "model=cheap",
    "model=cheap&model=dear",
    "a=1&model=dear",
    "a=1;model=dear",
    "Model=dear",
    "mod%65l=dear",
    "model%5b%5d=dear",
    "model[]=dear",
    "%ff%6dodel=dear",
    "+model=dear",
    "%EF%BD%8Dodel=dear",
    "?model=dear",
    "models=dear",
    "model",
  ];
  for (const query of queries) t.equal(named({ path: `/v1/chat/completions?${query}`, body }), null, query);
  for (const query of ["", "alt=sse&key=model", "x=model%3Ddear", "model_version=2"]) {
    t.same(named({ path: `/v1/chat/completions?${query}`, body }), ["cheap"], query);
  }
  t.end();
});

void t.test("a path that names a model", (t) => {
  const google = (path: string, text?: string) =>
    named({ path, provider: "google", ...(text === undefined ? {} : { body: text }) });
  t.same(google("/v1beta/models/gemini-x:generateContent", '{"contents":[]}'), ["gemini-x"]);
  t.same(google("/v1beta/models/gemini-x:streamGenerateContent?alt=sse", '{"contents":[]}'), ["gemini-x"]);
  t.same(google("/v1beta/models/gemini-x"), ["gemini-x"], "without a body too");
  t.same(google("/v1beta/models/gemini-x:embedContent", '{"model":"models/gemini-x"}'), ["gemini-x"]);
  t.same(
    google("/v1beta/models/dear:generateContent", '{"model":"models/cheap"}'),
    ["dear", "cheap"],
    "both are named, and both must be allowed",
  );
  t.same(google("/v1beta/openai/chat/completions", body), ["cheap"]);
  t.same(google("/v1beta/tunedModels/cheap:generateContent", "{}"), ["tunedModels/cheap"]);
  t.same(google("/v1beta//Models/dear:generateContent", '{"model":"cheap"}'), ["dear", "cheap"]);
  t.same(named({ path: "/openai/deployments/dear/chat/completions", body, provider: "custom" }), [
    "dear",
    "cheap",
  ]);
  t.same(named({ path: "/v1/models/gpt-x" }), ["gpt-x"]);
  t.same(named({ body: '{"model":"models/cheap"}' }), ["models/cheap"], "the prefix is Google's");
  const unreadable = [
    "/v1beta/models/cheap%3AgenerateContent",
    "/v1beta/%6dodels/dear:generateContent",
    "/v1beta/models/che%61p:generateContent",
    "/v1beta/models/cheap%253Adear:generateContent",
    "/v1beta/models/cheap;dear:generateContent",
    "/v1beta/models/cheap:x:generateContent",
    "/v1beta/models/:generateContent",
  ];
  for (const path of unreadable) t.equal(google(path, '{"model":"cheap"}'), null, path);
  t.equal(google("/v1beta/models"), null, "none is named");
  t.equal(google("/v1beta/models/cheap:generateContent", "no JSON"), null, "a body that cannot be read");
  t.equal(named({ path: "/v1/models", provider: "openai" }), null);
  t.end();
});
