import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Empty, Loading } from "../../ui/empty.js";
import { Notice } from "../../ui/notice.js";
import { Select } from "../../ui/select.js";
import { EVERY_ENTRY, isEverything, type LogFilter } from "./log-filter.js";
import { LogFilters } from "./log-filters.js";
import { LogStatus, missingRows } from "./log-status.js";
import { LogTable } from "./log-table.js";
import type { LogSort } from "./outcome-words.js";
import type { ReadLogPage } from "./search-log.js";
import { hasOlder, useLogView, type LogRead, type LogView } from "./use-log-view.js";

const PAGE_SIZES = [50, 100, 200] as const;

/** The entries of one log: filter, pages, and what they cover. */
export function LogEntries(props: {
  readonly readPage: ReadLogPage;
  readonly sort: LogSort;
  readonly slots: readonly KeySlot[];
  /** Whose calls these are; undefined for what was managed. */
  readonly slot: KeySlot | undefined;
  /** Another number reads what is new. */
  readonly tick: number;
}) {
  const { readPage, sort, slots, slot, tick } = props;
  const [filter, setFilter] = useState<LogFilter>(EVERY_ENTRY);
  const [page, setPage] = useState(1);
  const [limit, setLimit] = useState<number>(PAGE_SIZES[0]);
  const view = useLogView({ readPage, sort, filter, page, limit });
  const apps = useApps(slot === undefined ? slots : [slot], view);
  useRefreshAt(tick, view);
  const show = (wanted: LogFilter) => {
    setFilter(wanted);
    setPage(1);
  };
  const title = slot === undefined ? "What you managed" : `Calls on ${slot.label}`;
  const { read, error, busy } = view;
  return (
    <Card title={title}>
      <LogFilters sort={sort} filter={filter} apps={apps} onChange={show} />
      {error !== undefined && <ErrorNotice error={error} retry={view.refresh} />}
      {read === undefined && error === undefined && <Loading what="Reading the log" />}
      {read !== undefined && (
        <>
          <LogStatus read={read} busy={busy} onSearch={view.searchOn} />
          <Missing rows={missingRows(read)} />
          {read.rows.length > 0 && (
            <LogTable
              caption={`${title}, newest first`}
              entries={read.rows}
              sort={sort}
              slotLabel={(id) => slots.find((one) => one.id === id)?.label}
            />
          )}
          {read.rows.length === 0 && !busy && <Nothing read={read} onClear={() => show(EVERY_ENTRY)} />}
          <div class="log-pages">
            <Button disabled={read.request.page === 1} onPress={() => setPage(read.request.page - 1)}>
              Newer
            </Button>
            <span>Page {read.request.page}</span>
            <Button disabled={!hasOlder(read)} onPress={() => setPage(read.request.page + 1)}>
              Older
            </Button>
            <Select
              label="Rows a page"
              value={String(limit)}
              options={PAGE_SIZES.map((size) => ({ value: String(size), name: String(size) }))}
              onChange={(size) => {
                setLimit(Number(size));
                setPage(1);
              }}
            />
          </div>
        </>
      )}
    </Card>
  );
}

function Nothing(props: { readonly read: LogRead; readonly onClear: () => void }) {
  const { request, search } = props.read;
  const { filter, sort } = request;
  const { onClear } = props;
  if (!isEverything(filter)) {
    const isSearched = search?.isComplete === true;
    return (
      <Empty
        title={isSearched ? "No entry matches" : "No entry matches so far"}
        action={<Button onPress={onClear}>Clear filters</Button>}
      >
        {isSearched
          ? "The filter leaves out every entry of this log."
          : "Part of the log has not been searched yet."}
      </Empty>
    );
  }
  if (sort === "acts") return <Empty title="Nothing was managed yet">Store a key, and it stands here.</Empty>;
  return (
    <Empty title="No calls yet" action={<a href="#/playground">Send one in the playground</a>}>
      Every call on this key will stand here, refused ones too.
    </Empty>
  );
}

function Missing({ rows }: { readonly rows: number }) {
  if (rows === 0) return null;
  return (
    <Notice kind="bad" title={rows === 1 ? "A row is missing here" : `${rows} rows are missing here`}>
      The server counts more rows than it gave. Verify the chain below: it names the first one.
    </Notice>
  );
}

/** Apps that may be asked for: those granted now, and those whose calls were seen. */
function useApps(slots: readonly KeySlot[], { read }: LogView): readonly string[] {
  const seen = useRef(new Set<string>());
  return useMemo(() => {
    for (const { appGrants } of slots) for (const { appId } of appGrants) seen.current.add(appId);
    for (const { appId } of [...(read?.rows ?? []), ...(read?.search?.found ?? [])])
      if (appId !== null) seen.current.add(appId);
    return [...seen.current].sort();
  }, [slots, read]);
}

function useRefreshAt(tick: number, { refresh }: LogView): void {
  const last = useRef(tick);
  useEffect(() => {
    if (last.current === tick) return;
    last.current = tick;
    refresh();
  }, [tick, refresh]);
}
