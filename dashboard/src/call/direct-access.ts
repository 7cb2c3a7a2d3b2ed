import { CALL_PATH, readObject, type Answer } from "./answer.js";

/** What the edge says came of one request to the backend that it did not sign. */
export interface DirectAccess {
  readonly answer: Answer;
  /** Where the backend is, if the operator lets the page know. */
  readonly url: string | null;
}

const ROUTE = "/playground/direct-access";

/**
 * Has the edge send one unsigned request to the backend. The page cannot: a backend is not to be reached from outside.
 *
 * @throws TypeError where the edge has no such route, or gives no answer.
 */
export async function accessBackendDirectly(signal?: AbortSignal): Promise<DirectAccess> {
  const response = await fetch(ROUTE, { method: "POST", ...(signal === undefined ? {} : { signal }) });
  const text = await response.text();
  const told = readObject(text);
  const { status, body, url, milliseconds } = told;
  if (!response.ok || typeof status !== "number" || typeof body !== "string") {
    throw new Error(`The edge could not ask its backend: ${response.status} ${text.slice(0, 200)}`);
  }
  return {
    answer: { status, body, source: "", milliseconds: typeof milliseconds === "number" ? milliseconds : 0 },
    url: typeof url === "string" ? url : null,
  };
}

/** The same request to be sent from wherever the backend can be reached. */
export function directAccessCommand(url: string | null): string {
  const backend = (url === null ? "http://BACKEND" : new URL(url).origin) + CALL_PATH;
  return `curl ${backend} -H "Content-Type: application/json" -d '{}'`;
}
