/**
 * To be loaded into a server before anything else (`--import`): names under `.test` resolve to what the variable
 * `TEST_NAMES` says, JSON of `{name: [[addresses of the first look-up], [of the second], …]}`, the last repeated.
 * Every look-up is told on standard error.
 */
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { isIP } from "node:net";

type Answers = readonly (readonly string[])[];
type Callback = (error: Error | null, addresses: unknown, family?: number) => void;

const names = JSON.parse(process.env.TEST_NAMES ?? "{}") as Record<string, Answers>;
const lookups = new Map<string, number>();
const real = dns.lookup as unknown as (name: string, options: unknown, callback: Callback) => void;

function lookup(name: string, options: { all?: boolean }, callback: Callback): void {
  const answers = names[name];
  if (answers === undefined) {
    real(name, options, callback);
    return;
  }
  const count = lookups.get(name) ?? 0;
  lookups.set(name, count + 1);
  const answer = answers[Math.min(count, answers.length - 1)] ?? [];
  process.stderr.write(`test resolver: ${name} is ${answer.join(" ")}\n`);
  const addresses = answer.map((address) => ({ address, family: isIP(address) }));
  const first = addresses[0];
  setImmediate(() => {
    if (options.all === true) callback(null, addresses);
    else callback(null, first?.address, first?.family);
  });
}

dns.lookup = lookup as unknown as typeof dns.lookup;
syncBuiltinESMExports();
