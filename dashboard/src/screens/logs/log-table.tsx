import type { LogEntry } from "@vaultproof/protocol/log-routes";
import { Badge } from "../../ui/badge.js";
import { milliseconds } from "../../ui/duration.js";
import { LogTime } from "./log-time.js";
import { kindOf, KIND_WORDS, outcomeWords, type EntryKind, type LogSort } from "./outcome-words.js";
import { ShortText } from "./short-text.js";

const KIND_BADGES = {
  answered: "good",
  done: "good",
  failed: "warn",
  interrupted: "accent",
  refused: "bad",
} as const satisfies Record<EntryKind, string>;

interface Column {
  readonly name: string;
  readonly cell: (entry: LogEntry) => preact.ComponentChildren;
}

/** Entries, newest first. Narrow screens show each as a block; the roles keep it a table for screen readers there. */
export function LogTable(props: {
  readonly caption: string;
  readonly entries: readonly LogEntry[];
  readonly sort: LogSort;
  /** The label of a slot that is known. */
  readonly slotLabel: (keySlotId: string) => string | undefined;
}) {
  const { caption, entries, sort, slotLabel } = props;
  const columns = columnsOf(sort, slotLabel);
  return (
    <table class="log-table" role="table">
      <caption class="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ name }) => (
            <th key={name} scope="col" role="columnheader">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {entries.map((entry) => (
          <tr key={entry.seq} role="row">
            {columns.map(({ name, cell }) => (
              <td key={name} role="cell" data-column={name}>
                {cell(entry)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function columnsOf(sort: LogSort, slotLabel: (keySlotId: string) => string | undefined): readonly Column[] {
  const common: Column[] = [
    { name: "Row", cell: ({ seq }) => <span class="log-number">{seq}</span> },
    { name: "Time", cell: ({ createdAt }) => <LogTime seconds={createdAt} /> },
    { name: "Outcome", cell: (entry) => <Outcome entry={entry} sort={sort} /> },
    { name: "App", cell: ({ appId }) => textOr(appId, "app") },
  ];
  const call: Column = {
    name: sort === "calls" ? "Call" : "Request",
    cell: ({ method, endpoint }) =>
      endpoint === null ? (
        none()
      ) : (
        <span class="mono">
          {method} <ShortText text={endpoint} what="path" most={44} />
        </span>
      ),
  };
  const took: Column = {
    name: "Took",
    cell: ({ latencyMs }) =>
      latencyMs === null ? none() : <span class="log-number">{milliseconds(latencyMs)}</span>,
  };
  if (sort === "calls") {
    return [...common, { name: "End user", cell: ({ subject }) => textOr(subject, "end user") }, call, took];
  }
  const key: Column = {
    name: "Key",
    cell: ({ keySlotId }) => {
      if (keySlotId === null) return none();
      return slotLabel(keySlotId) ?? <ShortText text={keySlotId} what="key id" most={14} />;
    },
  };
  return [...common, key, call, took];
}

function Outcome({ entry, sort }: { readonly entry: LogEntry; readonly sort: LogSort }) {
  const kind = kindOf(entry, sort);
  const words = outcomeWords(entry, sort);
  const { statusCode, count } = entry;
  return (
    <span class="log-outcome">
      <Badge kind={KIND_BADGES[kind]}>
        {KIND_WORDS[kind]}
        {statusCode !== null && ` ${statusCode}`}
      </Badge>
      {words !== KIND_WORDS[kind] && <span>{words}</span>}
      {count > 1 && <span class="small soft">{count} times, counted together</span>}
    </span>
  );
}

function textOr(text: string | null, what: string) {
  return text === null ? none() : <ShortText text={text} what={what} />;
}

/** Rows of counted refusals have no app, path or time taken. */
function none() {
  return (
    <span class="log-none small soft">
      <span aria-hidden="true">–</span>
      <span class="visually-hidden">none</span>
    </span>
  );
}
