/** Rows of one page of the log, and of one export, at most. */
export const LOG_LIMITS = { pageRows: 200, exportRows: 10_000 } as const;
