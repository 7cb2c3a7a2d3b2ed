import { ERRORS } from "@vaultproof/protocol/errors";
import type { Test } from "tap";
import type { WireAnswer } from "./signed-requests.js";

const MEMBERS = new Set(["error", "reason", "details", "limit", "used", "reset"]);

/** What an edge says of a head that is too slow or too long: the same words under HTTP's own status. */
const CONNECTION_ERRORS = [408, 431].map((status) => ({ ...ERRORS.invalidRequest, status }));

/** That an answer is one of the protocol's refusals, 4xx, in the documented form and marked as VaultProof's own. */
export function assertRefusal(t: Test, answer: WireAnswer, name: string): void {
  const problem = problemOf(answer);
  if (problem === undefined) t.pass(name);
  else t.fail(`${name}: ${problem}`, { status: answer.status, body: textOf(answer).slice(0, 500) });
}

function problemOf(answer: WireAnswer): string | undefined {
  const { status, headers } = answer;
  if (status < 400 || status > 499) return `status ${status}`;
  if (headers["vp-source"] !== "vaultproof") return "vp-source is missing";
  if (!String(headers["content-type"]).startsWith("application/json")) return "the content type is another";
  let body: unknown;
  try {
    body = JSON.parse(textOf(answer));
  } catch {
    return "the body is not JSON";
  }
  const { error, reason, details = [], ...rest } = body as Record<string, unknown>;
  const known = [...Object.values(ERRORS), ...CONNECTION_ERRORS].some(
    (known) => known.status === status && known.error === error,
  );
  if (!known) return "no such error in the table";
  if (reason !== undefined && typeof reason !== "string") return "reason is no text";
  if (!Array.isArray(details) || details.some((detail) => typeof detail !== "string")) {
    return "details are no texts";
  }
  if (Object.keys(rest).some((member) => !MEMBERS.has(member))) return "an undocumented member";
  return textOf(answer).length > 8192 ? "the refusal is longer than 8 KiB" : undefined;
}

function textOf({ body }: WireAnswer): string {
  return Buffer.from(body).toString();
}
