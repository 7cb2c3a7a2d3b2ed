/** The server's time as this client knows it, in Unix seconds. */
export interface ServerClock {
  now(): number;
  /** Takes the `Date` of an answer into account. */
  learn(response: Response): void;
  /** The moment beyond which no `Date` is believed: the end of the document that the server signed. */
  limit(notAfter: number): void;
}

/** `Date` counts whole seconds and answers take time: smaller differences say nothing. */
const NOISE_SECONDS = 2;

/**
 * A clock that follows the server's, so that a device whose clock is wrong still signs and expires in the server's
 * time. `Date` is not signed: whoever sits in between could set this clock ahead and keep what it makes a developer
 * sign for later. Hence the limit, which is signed.
 *
 * @param localNow this device's clock in milliseconds.
 */
export function createServerClock(localNow: () => number): ServerClock {
  let offset = 0;
  let end = 0;
  const local = (): number => Math.floor(localNow() / 1000);
  return {
    now: () => {
      const corrected = local() + offset;
      return corrected < end || offset <= 0 ? corrected : local();
    },
    learn: (response) => {
      const date = Date.parse(response.headers.get("date") ?? "");
      if (Number.isNaN(date)) return;
      const difference = Math.round(date / 1000) - local();
      offset = Math.abs(difference) > NOISE_SECONDS ? difference : 0;
    },
    limit: (notAfter) => {
      end = notAfter;
    },
  };
}
