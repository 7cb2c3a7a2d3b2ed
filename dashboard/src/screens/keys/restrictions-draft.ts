import {
  CALL_METHODS,
  restrictionsSchema,
  type CallMethod,
  type Restrictions,
} from "@vaultproof/protocol/restrictions";

/** Restrictions while they are being written: what stands in the fields. */
export interface RestrictionsDraft {
  readonly methods: readonly CallMethod[];
  readonly mode: "" | "read-only" | "write-only";
  /** Lists: one a line, or separated by commas. */
  readonly paths: string;
  readonly models: string;
  readonly origins: string;
  readonly ips: string;
  /** As `datetime-local` gives it, in this device's time zone. */
  readonly notAfter: string;
  readonly perMinute: string;
  readonly perDay: string;
  readonly perMonth: string;
  readonly maxBody: string;
  readonly sealedOnly: boolean;
  /** JSON. */
  readonly identity: string;
}

/** Fields of the draft that hold text. */
export type TextMember = {
  [Member in keyof RestrictionsDraft]: RestrictionsDraft[Member] extends string ? Member : never;
}[keyof RestrictionsDraft];

/** Nothing is restricted. */
export const NO_RESTRICTIONS: RestrictionsDraft = {
  methods: [],
  mode: "",
  paths: "",
  models: "",
  origins: "",
  ips: "",
  notAfter: "",
  perMinute: "",
  perDay: "",
  perMonth: "",
  maxBody: "",
  sealedOnly: false,
  identity: "",
};

/** What a draft means, or what is wrong with which of its fields. */
export type ReadDraft =
  | { readonly restrictions: Restrictions | undefined; readonly problems?: undefined }
  | { readonly problems: Readonly<Partial<Record<keyof RestrictionsDraft, string>>> };

/** Reads a draft by the protocol's own schema; undefined where nothing is restricted. */
export function readDraft(draft: RestrictionsDraft, now: number = Date.now()): ReadDraft {
  const identity = readIdentity(draft.identity);
  if (identity === "no JSON") return { problems: { identity: "This is not JSON." } };
  const asked = Object.entries({
    methods:
      draft.methods.length === 0
        ? undefined
        : CALL_METHODS.filter((method) => draft.methods.includes(method)),
    mode: draft.mode === "" ? undefined : draft.mode,
    paths: listOf(draft.paths),
    models: listOf(draft.models),
    origins: listOf(draft.origins),
    ips: listOf(draft.ips),
    notAfter: draft.notAfter === "" ? undefined : Math.floor(Date.parse(draft.notAfter) / 1000),
    perMinute: countOf(draft.perMinute),
    perDay: countOf(draft.perDay),
    perMonth: countOf(draft.perMonth),
    maxBody: countOf(draft.maxBody),
    sealedOnly: draft.sealedOnly ? true : undefined,
    identity,
  }).filter(([, value]) => value !== undefined);
  if (asked.length === 0) return { restrictions: undefined };
  const parsed = restrictionsSchema.safeParse(Object.fromEntries(asked));
  if (!parsed.success) return { problems: problemsOf(parsed.error.issues) };
  if ((parsed.data.notAfter ?? Infinity) * 1000 <= now)
    return { problems: { notAfter: "This lies in the past." } };
  return { restrictions: parsed.data };
}

/** What schemas say of a value: one message a field, the field's own words where the schema's are not for people. */
function problemsOf(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): Partial<Record<keyof RestrictionsDraft, string>> {
  const problems: Partial<Record<keyof RestrictionsDraft, string>> = {};
  for (const { path, message } of issues) {
    const member = String(path[0]) as keyof RestrictionsDraft;
    const count = /^per|^maxBody$/.test(member);
    problems[member] ??= count
      ? "This is a whole number from 1 to 1,000,000,000."
      : [...path.slice(2).map(String), message].join(": ");
  }
  return problems;
}

function listOf(text: string): string[] | undefined {
  const parts = text.split(/[\n,]/).map((part) => part.trim());
  const list = parts.filter((part) => part !== "");
  return list.length === 0 ? undefined : list;
}

function countOf(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}

function readIdentity(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return "no JSON";
  }
}
