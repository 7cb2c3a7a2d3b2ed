import { watchFetch } from "./watch-fetch.js";

/** How the page reaches its service: not at all, as far as the edge only, or whole. */
export type ServiceState = "connected" | "offline" | "edge-down" | "server-down";

/** What is known of the service, and what asks again. */
export interface ServiceWatch {
  readonly state: ServiceState;
  /** Whether the service now serves a newer page than this one. */
  readonly outdated: boolean;
  /** Asks `/health` now. */
  check(): Promise<void>;
  /** For what shows by other signs that the page is older than its server. */
  markOutdated(): void;
  subscribe(listener: () => void): () => void;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/**
 * Watches requests as they go and, once one fails, asks `/health` at growing intervals until it is answered. While all is
 * well it asks nothing.
 */
export function watchService(): ServiceWatch {
  const listeners = new Set<() => void>();
  const unwatched = globalThis.fetch.bind(globalThis);
  let state: ServiceState = navigator.onLine ? "connected" : "offline";
  let outdated = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let delay = FIRST_RETRY_MS;

  const change = (next: ServiceState, nextOutdated = outdated): void => {
    if (state === next && outdated === nextOutdated) return;
    state = next;
    outdated = nextOutdated;
    for (const listener of listeners) listener();
  };
  const check = async (): Promise<void> => {
    clearTimeout(retry);
    const found = await ask(unwatched);
    if (found === "connected") {
      delay = FIRST_RETRY_MS;
      // Who was away may have come back as a newer one.
      if (state !== "connected") change("connected", outdated || (await isOutdated(unwatched)));
      return;
    }
    change(found);
    retry = setTimeout(() => void check(), delay);
    delay = Math.min(delay * 2, LAST_RETRY_MS);
  };

  globalThis.fetch = watchFetch(unwatched, (outcome) => {
    if (outcome === "unreachable" && state === "connected") void check();
  });
  addEventListener("offline", () => change("offline"));
  addEventListener("online", () => void check());
  // A part of the page that is not there: gone with an older build, or nobody answers.
  addEventListener("vite:preloadError", () => {
    void ask(unwatched).then((found) => change(found, outdated || found === "connected"));
  });
  return {
    get state() {
      return state;
    },
    get outdated() {
      return outdated;
    },
    check,
    markOutdated: () => change(state, true),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function ask(fetch: typeof globalThis.fetch): Promise<ServiceState> {
  if (!navigator.onLine) return "offline";
  try {
    const { ok } = await fetch("/health", { cache: "no-store" });
    return ok ? "connected" : "server-down";
  } catch {
    return "edge-down";
  }
}

/** Whether the document at `/` names another entry than the one that runs here. */
async function isOutdated(fetch: typeof globalThis.fetch): Promise<boolean> {
  const entry = document.querySelector<HTMLScriptElement>("script[type=module][src]")?.src;
  if (entry === undefined) return false;
  try {
    const response = await fetch("/", { cache: "no-store" });
    return response.ok && !(await response.text()).includes(new URL(entry).pathname);
  } catch {
    return false;
  }
}
