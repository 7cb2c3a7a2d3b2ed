/**
 * What the exit code of every command says, in one table; docs/cli.md shows the same. `exec` alone gives the code of the
 * program that it ran; where none ran, 126 and 127 say so as shells and `env` do.
 */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  notLoggedIn: 5,
  notTrusted: 6,
  locked: 7,
  notRunnable: 126,
  noSuchProgram: 127,
  interrupted: 130,
  outputClosed: 141,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** What each code means, for `--help` and the manual. */
export const EXIT_CODE_MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  ok: "it was done",
  failed: "it was not done; the message says why",
  usage: "the command line is wrong, or something must be given as an option because nobody can be asked",
  refused: "the server refused it",
  unreachable: "the service gave no answer",
  notLoggedIn: "there is no developer key on this device: vaultproof login",
  notTrusted: "the server is not the one that was pinned, or its answer is not signed by it",
  locked: "the secrets on this device cannot be opened: wrong passphrase, or a locked keyring",
  notRunnable: "`exec` may not run the program",
  noSuchProgram: "`exec` did not find the program",
  interrupted: "Ctrl-C at a question; nothing was changed",
  outputClosed: "whoever read the output left before its end",
};
