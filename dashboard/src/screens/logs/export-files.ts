import type { LogExport } from "@vaultproof/sdk/browser";
import type { LogName } from "../../audit/verify-chain.js";
import type { TextFile } from "../../ui/download-file.js";

/** An export as the two files that `vaultproof audit verify` takes. */
export interface ExportFiles {
  /** As it was signed. */
  readonly csv: TextFile;
  /** The signed head, and the base where rows are kept no longer. */
  readonly heads: TextFile;
}

/** Named after the slot, the day (UTC) and the last row: the same rows have the same name. */
export function exportFiles(log: LogName, { csv, ...heads }: LogExport, now: Date): ExportFiles {
  const what = log === undefined ? "management" : `calls-${log.slice(0, 8)}`;
  const name = `vaultproof-${what}-${now.toISOString().slice(0, 10)}-row-${heads.head.seq}.csv`;
  return {
    csv: { name, text: csv, type: "text/csv;charset=utf-8" },
    heads: { name: `${name}.head.json`, text: `${JSON.stringify(heads)}\n`, type: "application/json" },
  };
}
