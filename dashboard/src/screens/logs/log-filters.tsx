import { useEffect, useId, useState } from "preact/hooks";
import { Button } from "../../ui/button.js";
import { Field } from "../../ui/field.js";
import { Select } from "../../ui/select.js";
import { EVERY_ENTRY, isEverything, type LogFilter } from "./log-filter.js";
import { KIND_WORDS, type EntryKind, type LogSort } from "./outcome-words.js";

const TYPING_MS = 300;
const HOUR = 3600;
const PERIODS = [
  { name: "Any time", seconds: undefined },
  { name: "Last hour", seconds: HOUR },
  { name: "Last 24 hours", seconds: 24 * HOUR },
  { name: "Last 7 days", seconds: 7 * 24 * HOUR },
  { name: "Last 30 days", seconds: 30 * 24 * HOUR },
] as const;
const OWN_PERIOD = "own";
const KINDS: Readonly<Record<LogSort, readonly EntryKind[]>> = {
  calls: ["answered", "failed", "interrupted", "refused"],
  acts: ["done", "refused"],
};

/** The controls that say which entries are wanted. */
export function LogFilters(props: {
  readonly sort: LogSort;
  readonly filter: LogFilter;
  readonly apps: readonly string[];
  readonly onChange: (filter: LogFilter) => void;
}) {
  const { sort, filter, apps, onChange } = props;
  const [text, setText] = useTyped(filter.text ?? "", (typed) =>
    onChange({ ...filter, text: typed === "" ? undefined : typed }),
  );
  return (
    <form
      class="log-filters"
      role="search"
      aria-label="Filter entries"
      onSubmit={(event) => event.preventDefault()}
    >
      <Field label="Text" type="search" value={text} onInput={setText} placeholder="Path, app, status …" />
      <Select
        label="App"
        value={filter.app ?? ""}
        onChange={(app) => onChange({ ...filter, app: app === "" ? undefined : app })}
        options={[{ value: "", name: "Any app" }, ...apps.map((app) => ({ value: app, name: app }))]}
      />
      <Select
        label="Outcome"
        value={filter.kind ?? ""}
        onChange={(kind) => onChange({ ...filter, kind: kind === "" ? undefined : kind })}
        options={[
          { value: "", name: "Any outcome" },
          ...KINDS[sort].map((kind) => ({ value: kind, name: KIND_WORDS[kind] })),
        ]}
      />
      <Select
        label="Status"
        value={String(filter.statusClass ?? "")}
        onChange={(digit) => onChange({ ...filter, statusClass: digit === "" ? undefined : Number(digit) })}
        options={[
          { value: "", name: "Any status" },
          ...[2, 3, 4, 5].map((digit) => ({ value: String(digit), name: `${digit}xx` })),
        ]}
      />
      <PeriodChoice filter={filter} onChange={onChange} />
      {!isEverything(filter) && (
        <div>
          <Button onPress={() => onChange(EVERY_ENTRY)}>Clear filters</Button>
        </div>
      )}
    </form>
  );
}

function PeriodChoice(props: { readonly filter: LogFilter; readonly onChange: (filter: LogFilter) => void }) {
  const { filter, onChange } = props;
  const [period, setPeriod] = useState("0");
  const shown = filter.from === undefined && filter.to === undefined && period !== OWN_PERIOD ? "0" : period;
  const choose = (value: string) => {
    setPeriod(value);
    if (value === OWN_PERIOD) return;
    const { seconds } = PERIODS[Number(value)] ?? PERIODS[0];
    const from = seconds === undefined ? undefined : Math.floor(Date.now() / 1000) - seconds;
    onChange({ ...filter, from, to: undefined });
  };
  return (
    <>
      <Select
        label="Time"
        value={shown}
        onChange={choose}
        options={[
          ...PERIODS.map(({ name }, index) => ({ value: String(index), name })),
          { value: OWN_PERIOD, name: "From … to …" },
        ]}
      />
      {shown === OWN_PERIOD && (
        <>
          <Moment label="From" seconds={filter.from} onChange={(from) => onChange({ ...filter, from })} />
          <Moment
            label="To"
            seconds={filter.to}
            onChange={(to) => onChange({ ...filter, to: endOfMinute(to) })}
          />
        </>
      )}
    </>
  );
}

/** A time of where the reader is. */
function Moment(props: {
  readonly label: string;
  readonly seconds: number | undefined;
  readonly onChange: (seconds: number | undefined) => void;
}) {
  const id = useId();
  const local =
    props.seconds === undefined
      ? ""
      : new Date((props.seconds - new Date(props.seconds * 1000).getTimezoneOffset() * 60) * 1000)
          .toISOString()
          .slice(0, 16);
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="datetime-local"
        value={local}
        onChange={({ currentTarget: { value } }) => {
          const milliseconds = new Date(value).getTime();
          props.onChange(Number.isNaN(milliseconds) ? undefined : milliseconds / 1000);
        }}
      />
    </div>
  );
}

/** Minutes are chosen whole. */
function endOfMinute(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds + 59;
}

/** Text that is handed on once somebody pauses typing; text from outside goes before what is typed. */
function useTyped(value: string, onTyped: (text: string) => void): [string, (text: string) => void] {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onTyped(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onTyped]);
  return [typed, setTyped];
}
