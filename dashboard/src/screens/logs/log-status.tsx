import { Button } from "../../ui/button.js";
import { Notice } from "../../ui/notice.js";
import { LogTime } from "./log-time.js";
import type { LogRead } from "./use-log-view.js";

/** Says which rows stand below, and of a search how much of the log it covers. */
export function LogStatus(props: {
  readonly read: LogRead;
  readonly busy: boolean;
  readonly onSearch: () => void;
}) {
  const {
    read: { request, rows, total, search },
    busy,
    onSearch,
  } = props;
  const { page, limit } = request;
  if (search === undefined) {
    const first = (page - 1) * limit + 1;
    return (
      <p class="log-status" role="status">
        {total === 0
          ? "The log has no rows."
          : `Rows ${first.toLocaleString("en")} to ${(first + rows.length - 1).toLocaleString("en")} of ${total.toLocaleString("en")}, newest first.`}
      </p>
    );
  }
  const found = search.found.length;
  const matches = `${found.toLocaleString("en")} ${found === 1 ? "entry matches" : "entries match"}`;
  const searched = search.read.toLocaleString("en");
  if (search.isComplete) {
    const covered =
      search.read >= search.total
        ? `all ${searched} rows of the log were searched.`
        : `the newest ${searched} of ${search.total.toLocaleString("en")} rows were searched, as far back as the time asks for.`;
    return (
      <p class="log-status" role="status">
        {matches}; {covered}
      </p>
    );
  }
  const isFull = found > page * limit;
  return (
    <>
      <p class="log-status" role="status">
        {busy
          ? `Searching: ${searched} of ${search.total.toLocaleString("en")} rows so far, ${matches}.`
          : ""}
        {!busy && `${matches} in the newest ${searched} of ${search.total.toLocaleString("en")} rows`}
        {!busy && (isFull ? "; the rows before those are searched as you page on." : ".")}
      </p>
      {!busy && !isFull && (
        <Notice
          kind="warn"
          title="Not all of the log has been searched"
          action={<Button onPress={onSearch}>Search further</Button>}
        >
          The search has reached <LogTime seconds={search.reachesTo} />.
        </Notice>
      )}
    </>
  );
}

/** Rows that ought to be among those that were read and are not: somebody took them out of the log. */
export function missingRows({ request, rows, total, search }: LogRead): number {
  if (search === undefined) {
    const { page, limit } = request;
    return Math.max(0, Math.min(limit, total - (page - 1) * limit) - rows.length);
  }
  return search.read === 0 ? 0 : search.newest - search.oldest + 1 - search.read;
}
