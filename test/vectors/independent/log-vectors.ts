import { digest, jcs, seeded, sha256 } from "./encodings.js";
import { ed25519, SLOT } from "./key-vectors.js";

const MEMBERS = [
  ...[
    "chain",
    "seq",
    "at",
    "developer",
    "slot",
    "app",
    "subject",
    "method",
    "endpoint",
    "status",
    "latencyMs",
  ],
  ...["outcome", "count", "requestHash", "nullifier", "root", "prevHash", "hash"],
];

type Row = Record<string, string | number | null>;

function cell(value: string | number | null): string {
  if (value === null) return "";
  const text = /^[=+\-@\t\r']/.test(String(value)) ? `'${value}` : String(value);
  return /[",\r\n]|^ | $/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of a chain with their hashes, the export that they make, and signed head and base. */
export function logRows() {
  const identity = ed25519(seeded("server identity", 32));
  const developer = sha256(seeded("a developer", 32)).toString("base64url");
  const chain = `slot:${SLOT}`;
  const call = {
    developer,
    slot: SLOT,
    app: "my-app",
    method: "POST",
    endpoint: "/v1/chat/completions",
    count: 1,
  };
  const hash32 = (name: string) => seeded(name, 32).toString("hex");
  const contents: Row[] = [
    {
      ...call,
      subject: null,
      status: 200,
      latencyMs: 412,
      outcome: "answered",
      requestHash: hash32("request 1"),
    },
    {
      ...call,
      subject: "=SUM(A1)",
      status: 200,
      latencyMs: 0,
      outcome: "interrupted",
      requestHash: hash32("request 2"),
    },
    {
      ...call,
      subject: `Zo\u00eb, "5\u20ac" \ud83d\udd11`,
      status: 403,
      latencyMs: 3,
      outcome: "appNotAuthorized",
    },
    { developer, slot: SLOT, status: 403, outcome: "proof", count: 25000 },
  ];
  let prevHash = "0".repeat(64);
  const rows = contents.map((content, i) => {
    const row: Row = Object.fromEntries(MEMBERS.slice(0, -2).map((member) => [member, null]));
    Object.assign(row, content, { chain, seq: i + 1, at: 1790000000 + 60 * i });
    if (i < 3) Object.assign(row, { nullifier: hash32(`nullifier ${i}`), root: hash32("root") });
    const canonical = jcs(row);
    const hash = digest("vaultproof log row v1", Buffer.from(prevHash, "hex"), canonical).toString("hex");
    const linked: Row = { ...row, prevHash, hash };
    prevHash = hash;
    return { row: linked, canonical };
  });
  const point = (kind: string, { row }: { row: Row }) => {
    const signed = { chain, seq: row.seq ?? 0, hash: row.hash ?? "", at: row.at ?? 0 };
    const input = Buffer.from(`vaultproof log ${kind} v1\0${jcs(signed)}`);
    return {
      ...signed,
      identity: identity.publicKey.toString("base64url"),
      signature: identity.sign(input).toString("base64url"),
    };
  };
  const [first, last] = [rows[0], rows[3]];
  if (first === undefined || last === undefined) throw new Error("no rows");
  const lines = rows.map(({ row }) => MEMBERS.map((member) => cell(row[member] ?? null)).join(","));
  return {
    serverIdentity: sha256(identity.publicKey).toString("base64url"),
    rows,
    csv: [MEMBERS.join(","), ...lines, ""].join("\r\n"),
    head: point("head", last),
    base: point("base", first),
  };
}
