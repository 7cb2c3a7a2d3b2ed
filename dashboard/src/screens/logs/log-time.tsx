const LOCAL = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** A time in UTC, to the second. Unix seconds. */
function utcTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A time as it is where the reader is. Unix seconds. */
function localTime(seconds: number): string {
  return LOCAL.format(seconds * 1000);
}

/** A time of where the reader is; in UTC under the pointer and for screen readers. */
export function LogTime({ seconds }: { readonly seconds: number }) {
  const utc = utcTime(seconds);
  return (
    <time dateTime={new Date(seconds * 1000).toISOString()} title={utc}>
      {localTime(seconds)}
      <span class="visually-hidden"> ({utc})</span>
    </time>
  );
}
