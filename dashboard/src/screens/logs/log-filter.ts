import type { LogEntry } from "@vaultproof/protocol/log-routes";
import { kindOf, outcomeWords, type EntryKind, type LogSort } from "./outcome-words.js";

/** What entries are wanted; members left out want any. */
export interface LogFilter {
  /** Found in the path, method, app, end user, key id, status or outcome, in any case. */
  readonly text?: string | undefined;
  readonly app?: string | undefined;
  readonly kind?: EntryKind | undefined;
  /** First digit of the status. */
  readonly statusClass?: number | undefined;
  /** Unix seconds, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Wants every entry. */
export const EVERY_ENTRY: LogFilter = {};

/** Whether a filter leaves anything out at all. */
export function isEverything(filter: LogFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

/** Whether an entry is wanted. */
export function isWanted(entry: LogEntry, filter: LogFilter, sort: LogSort): boolean {
  const { app, kind, statusClass, from, to, text } = filter;
  if (app !== undefined && entry.appId !== app) return false;
  if (kind !== undefined && kindOf(entry, sort) !== kind) return false;
  if (statusClass !== undefined && Math.floor((entry.statusCode ?? 0) / 100) !== statusClass) return false;
  if (from !== undefined && entry.createdAt < from) return false;
  if (to !== undefined && entry.createdAt > to) return false;
  return text === undefined || textOf(entry, sort).includes(text.toLowerCase());
}

function textOf(entry: LogEntry, sort: LogSort): string {
  const { method, endpoint, appId, subject, keySlotId, statusCode, outcome } = entry;
  const parts = [method, endpoint, appId, subject, keySlotId, statusCode, outcome, outcomeWords(entry, sort)];
  return parts
    .filter((part) => part !== null)
    .join("\n")
    .toLowerCase();
}
