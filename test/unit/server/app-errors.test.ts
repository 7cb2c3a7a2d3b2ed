import { DatabaseError } from "@vaultproof/db/errors";
import { toServerError } from "@vaultproof/server/error-handler";
import t from "tap";

void t.test("whatever is thrown becomes an error of the protocol", (t) => {
  for (const thrown of [
    null,
    undefined,
    "text",
    7,
    new Error("unforeseen"),
    new DatabaseError("migration-changed"),
  ]) {
    t.equal(toServerError(thrown).code, "internal");
  }
  t.equal(toServerError({ statusCode: 418 }).code, "invalidRequest");
  t.equal(toServerError({ code: "FST_ERR_CTP_BODY_TOO_LARGE" }).code, "payloadTooLarge");
  t.end();
});

void t.test(
  "a database without a free connection is a service that is busy, and says when to come back",
  (t) => {
    const refusal = toServerError(new DatabaseError("no-connection"));
    t.equal(refusal.code, "busy");
    t.same(refusal.headers, { "retry-after": "1" });
    t.end();
  },
);
