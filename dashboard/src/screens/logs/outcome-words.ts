import type { LogEntry } from "@vaultproof/protocol/log-routes";

/** How an entry ended, roughly; calls are told apart as the figures of the server do it. */
export type EntryKind = "answered" | "failed" | "interrupted" | "refused" | "done";

/** Kinds of calls and of acts, as a person chooses them. */
export const KIND_WORDS: Readonly<Record<EntryKind, string>> = {
  answered: "Answered",
  failed: "Provider error",
  interrupted: "Interrupted",
  refused: "Refused",
  done: "Done",
};

/** What a call's outcome means. A refusal before a proof has the reason that its caller was not told. */
const CALL_WORDS: Readonly<Record<string, string>> = {
  upstreamFailed: "The provider could not be reached",
  upstreamTimeout: "The provider took too long",
  interrupted: "The answer broke off",
  "caller gone": "The caller left before the answer",
  proof: "The proof does not hold",
  invalidProof: "The proof does not hold",
  replay: "The proof was used before",
  "app not granted": "No such app of this key",
  appNotAuthorized: "Against the app's restrictions",
  revoked: "The key is revoked",
  expired: "The call came too late",
  malformed: "The call could not be read",
  invalidRequest: "The request could not be read",
  keyReconstruction: "The shares do not make the key",
  unknownTransportKey: "Sealed to a key that the server has not",
  rateLimited: "Over a limit",
  payloadTooLarge: "The request is too large",
  unsupportedMediaType: "The type of the body is not allowed",
  busy: "The server was busy",
  shuttingDown: "The server was stopping",
  internal: "The server failed",
};

const ACT_WORDS: Readonly<Record<string, string>> = {
  registered: "Developer registered",
  stored: "Key stored",
  granted: "App granted",
  revoked: "Revoked",
  rotated: "Key rotated",
  refreshed: "Shares refreshed",
  repeated: "Repeated, changed nothing",
  unauthorized: "Not signed by the developer",
  notFound: "There is no such key or app",
  slotExists: "There is such a key already",
  versionConflict: "The key had changed meanwhile",
  tooManySlots: "Too many keys",
  slotFull: "No place for another app",
  shareNotOpened: "The sealed share could not be opened",
  unsupportedRestriction: "A restriction that is not supported",
};

const DONE: ReadonlySet<string> = new Set([
  "registered",
  "stored",
  "granted",
  "revoked",
  "rotated",
  "refreshed",
  "repeated",
]);

/** Whether a log is of calls or of what was managed: some outcomes are in both and mean different things. */
export type LogSort = "calls" | "acts";

/** The kind of an entry; of calls as `call_kind` in the server's database says it. */
export function kindOf(
  { outcome, statusCode }: Pick<LogEntry, "outcome" | "statusCode">,
  sort: LogSort,
): EntryKind {
  if (sort === "acts") return DONE.has(outcome) ? "done" : "refused";
  if (outcome === "answered") return (statusCode ?? 0) < 400 ? "answered" : "failed";
  if (outcome === "upstreamFailed" || outcome === "upstreamTimeout") return "failed";
  return outcome === "interrupted" || outcome === "caller gone" ? "interrupted" : "refused";
}

/** An entry's outcome in words; one that this page does not know stands as it is. */
export function outcomeWords(entry: Pick<LogEntry, "outcome" | "statusCode">, sort: LogSort): string {
  const { outcome, statusCode } = entry;
  if (sort === "acts") return ACT_WORDS[outcome] ?? CALL_WORDS[outcome] ?? outcome;
  if (outcome === "answered")
    return kindOf(entry, sort) === "failed"
      ? `The provider answered ${statusCode ?? "an error"}`
      : "Answered";
  return CALL_WORDS[outcome] ?? ACT_WORDS[outcome] ?? outcome;
}
