/** Whom the superuser becomes. */
export const NOBODY = 65_534;

/** Runs `work` as somebody who may not write everywhere, which the superuser may. */
export async function unprivileged(work: () => Promise<void>): Promise<void> {
  const isSuperuser = process.geteuid?.() === 0;
  if (isSuperuser) process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    if (isSuperuser) process.seteuid?.(0);
  }
}
