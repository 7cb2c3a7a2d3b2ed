import {
  type Dictionary,
  type InnerList,
  type Item,
  type Parameters,
  isInnerList,
  parseDictionary,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  serializeParameters,
} from "structured-headers";

/** The parts of a request that a signature can cover. */
export interface SignedRequest {
  readonly method: string;
  /** The path as it stands in the request line, never normalised. */
  readonly path: string;
  /** With its leading `?`; a lone `?` when the target has no query. */
  readonly query: string;
  /** Lowercase host, default port left out. Only `@authority` needs it. */
  readonly authority?: string;
  /** Value of a field by its lowercase name, repeated lines joined by `, `. */
  readonly header: (lowercaseName: string) => string | undefined;
}

/** The parts of a response that a signature can cover, with the request that it answers. */
export interface SignedResponse {
  readonly status: number;
  readonly header: (lowercaseName: string) => string | undefined;
  readonly request: SignedRequest;
}

/** A message as signer and verifier see it. */
export type SignedMessage = SignedRequest | SignedResponse;

/** A covered component: a bare name such as `@method` or `content-digest`, or a name with parameters. */
export type Component = string | { readonly name: string; readonly req?: true; readonly key?: string };

/** Signature parameters of RFC 9421 section 2.3. Times are Unix seconds. */
export interface SignatureParameters {
  readonly created: number;
  readonly expires?: number;
  readonly nonce?: string;
  readonly keyid?: string;
  readonly alg?: string;
  readonly tag?: string;
}

/** One signature found on a message, with the base that it must have been made over. Not yet verified. */
export interface ParsedSignature {
  readonly label: string;
  /** Serialised identifiers in their order, for example `"@method"` or `"signature";req;key="vp-developer"`. */
  readonly components: readonly string[];
  readonly parameters: SignatureParameters;
  readonly signature: Uint8Array;
  readonly base: Uint8Array;
}

/** Why no signature base can be made of a message and its components. */
export type SignatureBaseFailure =
  "missing-component" | "unsupported-component" | "repeated-component" | "unsafe-value";

/** A component that the message lacks, that this profile does not know, or whose value is ambiguous. */
export class SignatureBaseError extends Error {
  override readonly name = "SignatureBaseError";
  readonly code: SignatureBaseFailure;

  constructor(code: SignatureBaseFailure, component: string) {
    super(`${code}: ${component}`);
    this.code = code;
  }
}

const DIGEST_BYTES = 32;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// A line break inside a value could forge a further line of the base; RFC 9421 section 2.5 wants ASCII throughout.
const SAFE_VALUE = /^[\t\x20-\x7e]*$/;
const PARAMETER_TYPES: Readonly<Record<string, "number" | "string">> = {
  created: "number",
  expires: "number",
  nonce: "string",
  keyid: "string",
  alg: "string",
  tag: "string",
};
const encoder = new TextEncoder();

/**
 * The signature base of RFC 9421 section 2.5: one line a component, then `@signature-params`.
 *
 * @param parametersText the inner list with its parameters as in `Signature-Input`, without the label.
 * @throws SignatureBaseError when a component is missing, unknown, repeated or not printable ASCII.
 */
export function signatureBase(
  message: SignedMessage,
  components: readonly Component[],
  parametersText: string,
): string {
  const seen = new Set<string>();
  let base = "";
  for (const component of components) {
    const identifier = serializeComponent(component);
    if (seen.has(identifier)) throw new SignatureBaseError("repeated-component", identifier);
    seen.add(identifier);
    const value = componentValue(message, component);
    if (value === undefined) throw new SignatureBaseError("missing-component", identifier);
    if (!SAFE_VALUE.test(value)) throw new SignatureBaseError("unsafe-value", identifier);
    base += `${identifier}: ${value}\n`;
  }
  return `${base}"@signature-params": ${parametersText}`;
}

/**
 * Signs a message and returns the two dictionary members to add to `Signature-Input` and `Signature`.
 *
 * @param options.sign makes the signature over the base's bytes; its key is the caller's business.
 * @throws SignatureBaseError as {@link signatureBase} does.
 */
export async function signMessage(options: {
  readonly message: SignedMessage;
  readonly label: string;
  readonly components: readonly Component[];
  readonly parameters: SignatureParameters;
  readonly sign: (base: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>;
}): Promise<{ signatureInput: string; signature: string }> {
  const { message, label, components, parameters, sign } = options;
  const identifiers = components.map(serializeComponent).join(" ");
  const parametersText = `(${identifiers})${serializeParameters(toParameterMap(parameters))}`;
  const signature = await sign(encoder.encode(signatureBase(message, components, parametersText)));
  return {
    signatureInput: `${label}=${parametersText}`,
    signature: serializeDictionary({ [label]: view(signature) }),
  };
}

/**
 * Finds the signature with `label` on a message and rebuilds the base that it covers. Nothing is verified here.
 *
 * @returns null when it is absent, malformed, ambiguous (a repeated label), covers what this profile does not know,
 *   or has parameters of a wrong or unknown kind. Never throws on hostile input.
 */
export function readSignature(message: SignedMessage, label: string): ParsedSignature | null {
  const input = readDictionary(message.header("signature-input"))?.get(label);
  const value = readDictionary(message.header("signature"))?.get(label);
  if (input === undefined || value === undefined || !isInnerList(input)) return null;
  const signature = readBytes(value);
  const parameters = readParameters(input[1]);
  const components = readComponents(input);
  if (signature === null || parameters === null || components === null) return null;
  try {
    const base = encoder.encode(signatureBase(message, components, serializeInnerList(input)));
    return { label, components: components.map(serializeComponent), parameters, signature, base };
  } catch {
    return null;
  }
}

/** The serialised identifier of a component, as it stands in `Signature-Input` and in the base. */
export function serializeComponent(component: Component): string {
  if (typeof component === "string") return `"${component}"`;
  const req = component.req === true ? ";req" : "";
  return `"${component.name}"${req}${component.key === undefined ? "" : `;key="${component.key}"`}`;
}

/** A `Content-Digest` field (RFC 9530) for a body whose SHA-256 is given. */
export function contentDigest(sha256OfBody: Uint8Array): string {
  return serializeDictionary({ "sha-256": view(sha256OfBody) });
}

/** The SHA-256 (32 bytes) in a `Content-Digest` field; null when it is absent, malformed or another algorithm's. */
export function readContentDigest(header: string | undefined): Uint8Array | null {
  const member = readDictionary(header)?.get("sha-256");
  if (member === undefined || isInnerList(member)) return null;
  const bytes = readBytes(member);
  return bytes?.length === DIGEST_BYTES ? bytes : null;
}

/** A dictionary field reduced to one member; undefined when that is absent or the field is malformed or ambiguous. */
export function keepMember(header: string | undefined, label: string): string | undefined {
  const member = readDictionary(header)?.get(label);
  return member === undefined ? undefined : serializeDictionary(new Map([[label, member]]));
}

/** A dictionary field with one more member at its end. */
export function mergeMember(header: string | undefined, member: string): string {
  return header === undefined || header === "" ? member : `${header}, ${member}`;
}

function componentValue(message: SignedMessage, component: Component): string | undefined {
  const { name, req, key } = typeof component === "string" ? { name: component } : component;
  const isResponse = "status" in message;
  if (req === true && !isResponse)
    throw new SignatureBaseError("unsupported-component", serializeComponent(component));
  const source = req === true && isResponse ? message.request : message;
  if (name.startsWith("@")) {
    if (key !== undefined)
      throw new SignatureBaseError("unsupported-component", serializeComponent(component));
    return derivedValue(source, name);
  }
  if (!FIELD_NAME.test(name))
    throw new SignatureBaseError("unsupported-component", serializeComponent(component));
  const value = source.header(name)?.trim();
  if (key === undefined || value === undefined) return value;
  const member = readDictionary(value)?.get(key);
  return member === undefined
    ? undefined
    : isInnerList(member)
      ? serializeInnerList(member)
      : serializeItem(member);
}

function derivedValue(source: SignedMessage, name: string): string | undefined {
  if ("status" in source) {
    if (name === "@status") return String(source.status);
  } else if (name === "@method") return source.method;
  else if (name === "@path") return source.path === "" ? "/" : source.path;
  else if (name === "@query") return source.query === "" ? "?" : source.query;
  else if (name === "@authority") return source.authority;
  throw new SignatureBaseError("unsupported-component", name);
}

function toParameterMap(parameters: SignatureParameters): Parameters {
  const map: Parameters = new Map();
  for (const name of Object.keys(PARAMETER_TYPES)) {
    const value = parameters[name as keyof SignatureParameters];
    if (value !== undefined) map.set(name, value);
  }
  return map;
}

function readParameters(map: Parameters): SignatureParameters | null {
  for (const [name, value] of map) {
    const type = Object.hasOwn(PARAMETER_TYPES, name) ? PARAMETER_TYPES[name] : undefined;
    if (type === undefined || typeof value !== type) return null;
    if (type === "number" && !Number.isSafeInteger(value)) return null;
  }
  return map.has("created") ? (Object.fromEntries(map) as unknown as SignatureParameters) : null;
}

function readComponents([items]: InnerList): Component[] | null {
  const components: Component[] = [];
  for (const [name, parameters] of items) {
    if (typeof name !== "string") return null;
    for (const [parameter, value] of parameters) {
      const known =
        (parameter === "req" && value === true) || (parameter === "key" && typeof value === "string");
      if (!known) return null;
    }
    const key = parameters.get("key") as string | undefined;
    const req = parameters.has("req");
    const bare = !req && key === undefined;
    components.push(
      bare ? name : { name, ...(req ? { req: true } : {}), ...(key === undefined ? {} : { key }) },
    );
  }
  return components;
}

/** Parses a dictionary field; null when it is absent, malformed, or names a member twice. */
function readDictionary(header: string | undefined): Dictionary | null {
  if (header === undefined) return null;
  try {
    const dictionary = parseDictionary(header);
    // The parser lets the last of two equal names win; here that is an ambiguity that nobody honest produces.
    return dictionary.size === countMembers(header) ? dictionary : null;
  } catch {
    return null;
  }
}

/** Members of a well-formed dictionary: outside strings a comma only ever separates two of them. */
function countMembers(header: string): number {
  if (header.trim() === "") return 0;
  let members = 1;
  let quoted = false;
  for (let i = 0; i < header.length; i++) {
    const char = header[i];
    if (quoted && char === "\\") i++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ",") members++;
  }
  return members;
}

function readBytes(member: Item | InnerList): Uint8Array | null {
  return member[0] instanceof ArrayBuffer ? new Uint8Array(member[0]) : null;
}

/** The library's types want bytes that are not shared memory. */
function view(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
