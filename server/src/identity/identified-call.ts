/** What a statement of a developer's backend is checked against: the call that carries it. */
export interface IdentifiedCall {
  readonly keySlotId: string;
  readonly appId: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** As the browser sent it; undefined where none did. */
  readonly origin: string | undefined;
  /** The database's time, Unix seconds. */
  readonly now: number;
}
