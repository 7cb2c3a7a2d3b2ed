import { callSchema, shapeDetails, type Call } from "@vaultproof/protocol/call";
import { canonicalJson, StrictJsonError } from "@vaultproof/protocol/canonical-json";
import { callWireLimit } from "@vaultproof/protocol/limits";
import { BODY_FORM } from "@vaultproof/protocol/request-hash";
import { refuseContentCoding } from "../content-coding.js";
import type { EdgeVerifiedRequest } from "../edge/verify-edge.js";
import { ServerError } from "../errors.js";
import { readStrictJson } from "../read-strict-json.js";
import { wipe } from "../secret-bytes.js";
import { connectionHeaderIn } from "../upstream/passed-headers.js";
import { isUnambiguousTarget } from "./target-path.js";

/** A call whose shape is right. Nothing in it has been believed yet. */
export interface ReadCall {
  readonly call: Call;
  readonly bodyForm: (typeof BODY_FORM)[keyof typeof BODY_FORM];
  /** What the provider is sent; null for no body. */
  readonly body: Uint8Array | null;
  readonly clientIp: string;
  readonly origin: string | undefined;
}

const JSON_MEDIA_TYPE = /^application\/json\s*(?:;|$)/i;
const URL_SAFE_OR_PADDING = /[-_]/;

/**
 * Step 2: the shape of a call and nothing else. Unless share 2 is sealed, the bytes of the request are overwritten once
 * they are read or refused; what was read of them is text, which cannot be.
 *
 * @param options.bodyLimit bytes for the provider.
 * @throws ServerError `unsupportedMediaType`, `payloadTooLarge`, `invalidRequest` with details.
 */
export function readCall(request: EdgeVerifiedRequest, options: { readonly bodyLimit: number }): ReadCall {
  let isSealed = false;
  try {
    const read = readShape(request, options);
    isSealed = read.call.share2 === undefined;
    return read;
  } finally {
    if (!isSealed) wipe(request.body);
  }
}

function readShape(request: EdgeVerifiedRequest, { bodyLimit }: { readonly bodyLimit: number }): ReadCall {
  refuseContentCoding(request.header("content-encoding"));
  if (!JSON_MEDIA_TYPE.test(request.header("content-type") ?? ""))
    throw new ServerError("unsupportedMediaType");
  if (request.body.length > callWireLimit(bodyLimit)) throw new ServerError("payloadTooLarge");
  const parsed = callSchema.safeParse(readStrictJson(request.body));
  if (!parsed.success) throw invalid(...shapeDetails(parsed.error));
  const call = parsed.data;
  if (!isUnambiguousTarget(call.targetPath)) {
    throw invalid(
      "targetPath: //, dot segments, encoded slashes and control characters, ill-formed escapes, backslashes and # are refused",
    );
  }
  const connectionHeader = connectionHeaderIn(call.headers ?? {});
  if (connectionHeader !== undefined) throw invalid(`headers: ${connectionHeader} is the server's own`);
  const { clientIp, origin } = request;
  return { call, ...readBody(call, bodyLimit), clientIp, origin };
}

function readBody(call: Call, bodyLimit: number): Pick<ReadCall, "bodyForm" | "body"> {
  if ("body" in call) {
    const body = readJsonBody(call.body);
    if (body.length > bodyLimit) throw new ServerError("payloadTooLarge");
    return { bodyForm: BODY_FORM.json, body };
  }
  if (call.bodyBase64 === undefined) return { bodyForm: BODY_FORM.none, body: null };
  const body = decodeBase64(call.bodyBase64);
  if (body === null) throw invalid("bodyBase64: not canonical base64");
  if (body.length > bodyLimit) throw new ServerError("payloadTooLarge");
  return { bodyForm: BODY_FORM.base64, body };
}

function readJsonBody(body: unknown): Uint8Array {
  try {
    return canonicalJson(body);
  } catch (error) {
    if (error instanceof StrictJsonError) throw invalid(`body: ${error.message}`);
    throw error;
  }
}

/**
 * Standard base64 in its one spelling; null for any other. Native decoding, because bodies reach megabytes. What was
 * decoded of a text that is refused is overwritten: it may be most of a share.
 */
export function decodeBase64(text: string): Buffer | null {
  // ASCII alone: of any other character the decoder takes the low byte for one.
  if (Buffer.byteLength(text) !== text.length) return null;
  if (text.length % 4 !== 0 || URL_SAFE_OR_PADDING.test(text)) return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  // The decoder skips what it does not know; then fewer bytes come out.
  const bytes = Buffer.alloc((text.length / 4) * 3 - padding);
  const isWhole = bytes.write(text, "base64") === bytes.length;
  // Bits behind the last byte must be zero, else several texts mean one body.
  const tail = bytes.subarray(bytes.length - (bytes.length % 3 || 3)).toString("base64");
  if (isWhole && text.endsWith(tail)) return bytes;
  wipe(bytes);
  return null;
}

function invalid(...details: string[]): ServerError {
  return new ServerError("invalidRequest", { extra: { details } });
}
