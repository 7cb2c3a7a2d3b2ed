/** Reads a member's value; undefined for one that is not what the table says. */
type Reader = (value: unknown, unlisted: Unlisted) => unknown;
/** Takes the name of a member that was left out, as a path from the line's top. */
type Unlisted = (name: string) => void;
type Members = Readonly<Record<string, Reader>>;

const MAX_TEXT_CHARS = 256;
const MAX_LIST = 32;
const MAX_UNLISTED = 16;
/** What the name of a member looks like; anything else may be a value in the wrong place. */
const MEMBER_NAME = /^[A-Za-z][A-Za-z0-9]{0,31}$/;
const NOT_JSON = '{"level":50,"msg":"a log line that was not JSON is left out"}\n';

/**
 * Everything that a log line may hold. A member that is not here never leaves the process, whatever logs it: it is left
 * out and named in `unlisted`, at which tests fail. Before adding one: a log is read by more people than the database.
 * No secret, share, proof, nullifier, leaf, key, label, body, query or header has a place here.
 */
const LISTED: Members = {
  // pino's own.
  level: number,
  time: number,
  pid: number,
  hostname: text(MAX_TEXT_CHARS),
  msg: text(1024),
  err: members({ type: text(64), message: text(1024), stack: text(8192), code: text(64) }),
  // Requests.
  requestId: text(36),
  req: members({ method: text(16), path: text(MAX_TEXT_CHARS) }),
  res: members({ statusCode: number }),
  method: text(16),
  path: text(MAX_TEXT_CHARS),
  status: number,
  statusCode: number,
  latencyMs: number,
  // The start.
  url: text(MAX_TEXT_CHARS),
  opsUrl: text(MAX_TEXT_CHARS),
  identity: text(43),
  database: text(16),
  verifier: text(16),
  registration: text(16),
  sealedSharesOnly: boolean,
  tried: list(members({ folder: text(1024), problem: text(MAX_TEXT_CHARS) })),
  // What the parts tell by themselves.
  type: text(32),
  backend: text(16),
  reason: text(1024),
  keyId: text(64),
  lost: number,
  chain: text(64),
  problem: text(16),
  slots: number,
  created: list(text(64)),
  dropped: list(text(64)),
  postponed: list(text(64)),
};

/**
 * A log line reduced to the members that are listed, each of the type and at most of the length that the table gives.
 * It sees what is written, not what is logged, so bindings of child loggers go through it as well.
 *
 * @param line one line of JSON with its line break.
 */
export function keepListed(line: string): string {
  let logged: unknown;
  try {
    logged = JSON.parse(line);
  } catch {
    // A binding with a quote in its name, for example.
    return NOT_JSON;
  }
  const names: string[] = [];
  const kept = members(LISTED)(logged, (name) => void names.push(name));
  if (names.length > 0) Object.assign(kept as object, { unlisted: names.slice(0, MAX_UNLISTED) });
  return `${JSON.stringify(kept)}\n`;
}

function members(table: Members): Reader {
  return (value, unlisted) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const kept: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      const shown = MEMBER_NAME.test(name) ? name : "?";
      const read = Object.hasOwn(table, name) ? table[name] : undefined;
      const listed = read?.(member, (inner) => unlisted(`${shown}.${inner}`));
      if (listed === undefined) unlisted(shown);
      else kept[name] = listed;
    }
    return kept;
  };
}

function list(item: Reader): Reader {
  return (value, unlisted) => {
    if (!Array.isArray(value)) return undefined;
    const items = value.slice(0, MAX_LIST).map((each) => item(each, unlisted));
    return items.includes(undefined) ? undefined : items;
  };
}

function text(maxChars: number): Reader {
  return (value) => (typeof value === "string" ? value.slice(0, maxChars) : undefined);
}

function number(value: unknown): unknown {
  return typeof value === "number" ? value : undefined;
}

function boolean(value: unknown): unknown {
  return typeof value === "boolean" ? value : undefined;
}
