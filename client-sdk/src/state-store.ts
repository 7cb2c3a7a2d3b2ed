/**
 * Where a developer client keeps what must outlive it: small encrypted files by name (`[a-z0-9-]+`). Each write
 * replaces its file whole or not at all; no file is ever read, changed and written back by two processes, because
 * each thing that changes by itself has a file of its own.
 */
export interface StateStore {
  /** The file's bytes; undefined when there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file; none is no error. */
  remove(name: string): Promise<void>;
  /** Names of the files that begin so. */
  list(prefix: string): Promise<readonly string[]>;
}
