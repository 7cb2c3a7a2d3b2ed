import { table } from "../report.js";
import { maskKey, type Plan } from "./plan.js";

/** What will be done, for a person: where each key is, masked, and where its calls will go. */
export function describePlan(plan: Plan, gateway: string): string {
  const rows = plan.keys.flatMap(({ provider, key, origin, places }) =>
    places.map(({ file, line, variable }) => [
      `${file.name}:${line}`,
      variable ?? "(comment or text)",
      maskKey(key),
      origin === undefined ? provider : `${provider} at ${origin}`,
    ]),
  );
  const changed = plan.files.map(({ name }) => name).join(", ");
  return [
    table([["WHERE", "VARIABLE", "KEY", "PROVIDER"], ...rows]),
    "",
    `Each is split on this device and stored; ${changed} will hold placeholders that only the gateway at ${gateway} takes.`,
  ].join("\n");
}

/** The same for a program. */
export function planDocument(plan: Plan, gateway: string): object {
  return {
    gateway,
    keys: plan.keys.map(({ provider, key, origin, places }) => ({
      provider,
      masked: maskKey(key),
      ...(origin === undefined ? {} : { origin }),
      places: places.map(({ file, line, variable }) => ({
        file: file.name,
        line,
        variable: variable ?? null,
      })),
    })),
    files: plan.files.map(({ name }) => name),
    leftAlone: plan.leftAlone,
  };
}
