import { parseStrictJson, StrictJsonError } from "@vaultproof/protocol/canonical-json";
import { BODY_FORM } from "@vaultproof/protocol/request-hash";
import type { AuthorisedCall } from "./verify-proof.js";

/** JSON in UTF-8, said so in the one way that no reader takes for anything else. */
const JSON_UTF8 = /^application\/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?$/i;
/** Path segments that a model's name follows: `/v1beta/models/<name>:generateContent`, `/openai/deployments/<name>/…`. */
const BEFORE_NAME: ReadonlySet<string> = new Set([
  "model",
  "models",
  "tunedmodels",
  "deployments",
  "engines",
]);
const GOOGLE_PREFIX = "models/";

/**
 * The models that a call names: in the top-level member `model` of its body, in its path, or in both.
 *
 * Restricting a call to models is worth something only if the provider reads the same names. So whatever another reader
 * could take for another model makes the call unreadable: a body that is not strict JSON or says that it is something
 * else, a member or query parameter that a lenient reader would take for `model`, escapes in the path.
 *
 * @returns every name, none of them twice; null when the call names none that can be read.
 */
export function namedModels(
  call: Pick<AuthorisedCall, "call" | "body" | "bodyForm" | "slot">,
): string[] | null {
  const [path = "", ...query] = call.call.targetPath.split("?");
  if (namesModelInQuery(query.join("?"))) return null;
  const inPath = modelsInPath(path);
  const inBody = call.body === null ? [] : modelsInBody(call, call.body);
  if (inPath === null || inBody === null) return null;
  const isGoogle = call.slot.provider === "google";
  const names = new Set([...inPath, ...inBody].map((name) => (isGoogle ? withoutPrefix(name) : name)));
  return names.size === 0 ? null : [...names];
}

/** One for each segment that says that a name follows. A verb behind a colon is none of the name. */
function modelsInPath(path: string): string[] | null {
  // A provider decodes escapes and cuts parameters off in its own way; names need neither.
  if (/[%;]/.test(path)) return null;
  const segments = path.split("/").filter((segment) => segment !== "");
  const names: string[] = [];
  for (const [i, segment] of segments.entries()) {
    const named = segments[i + 1];
    const kind = segment.toLowerCase();
    if (!BEFORE_NAME.has(kind) || named === undefined) continue;
    const [name = "", ...verbs] = named.split(":");
    if (name === "" || verbs.length > 1) return null;
    names.push(kind === "tunedmodels" ? `tunedModels/${name}` : name);
  }
  return names;
}

function modelsInBody(
  { call, bodyForm }: Pick<AuthorisedCall, "call" | "bodyForm">,
  body: Uint8Array,
): string[] | null {
  const { "content-encoding": coding, "content-type": type } = call.headers ?? {};
  // A body that came as JSON is sent as JSON where the caller names no type.
  const isJson = type === undefined ? bodyForm === BODY_FORM.json : JSON_UTF8.test(type.trim());
  if (coding !== undefined || !isJson) return null;
  const value = readStrict(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const members = Object.entries(value).filter(([name]) => looksLikeModel(name));
  if (members.some(([name, model]) => name !== "model" || typeof model !== "string")) return null;
  return members.map(([, model]) => model as string);
}

function readStrict(body: Uint8Array): unknown {
  try {
    // A byte order mark stays, and is then no JSON.
    return parseStrictJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch (error) {
    if (error instanceof StrictJsonError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function namesModelInQuery(query: string): boolean {
  return query
    .split(/[&;?]/)
    .some((parameter) => looksLikeModel(decoded(parameter.split("=")[0]?.replaceAll("+", " ") ?? "")));
}

/**
 * Whether some reader would take a name for `model`: readers ignore case (Go), spaces and brackets (PHP), or fold
 * characters. `models` is a list of models to fall back to.
 */
function looksLikeModel(name: string): boolean {
  const letters = name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "");
  return letters === "model" || letters === "models";
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // What cannot be decoded whole may be in part.
    if (error instanceof URIError) return text.replaceAll(/%[0-9a-f]{2}/gi, (escape) => byteOf(escape));
    throw error;
  }
}

function byteOf(escape: string): string {
  return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
}

/** Google's bodies write `models/<name>` for what its paths call `<name>`. */
function withoutPrefix(name: string): string {
  return name.startsWith(GOOGLE_PREFIX) ? name.slice(GOOGLE_PREFIX.length) : name;
}
