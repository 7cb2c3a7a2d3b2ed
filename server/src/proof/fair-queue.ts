/**
 * A bounded queue whose keys take turns: whoever fills it holds up nobody but itself.
 *
 * A key may use every place that is free, so that a burst of one alone is not cut short. Only a full queue weighs the
 * keys: a newcomer whose key has at least two fewer waiting takes the place of the last to come of the key with the
 * most. With one fewer the two would merely change sides, and could displace one another for ever.
 */
export class FairQueue<Item> {
  readonly #capacity: number;
  /** By key, the key whose turn it is first; of each key the longest waiting first. None is empty. */
  readonly #waiting = new Map<string, Item[]>();
  /** What comes before every turn. */
  readonly #first: Item[] = [];
  #size = 0;

  constructor({ capacity }: { capacity: number }) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns the item for which there is no place: this one, or one that it displaced */
  add(key: string, item: Item): Item | undefined {
    let displaced: Item | undefined;
    if (this.#size >= this.#capacity) {
      const longest = this.#longest();
      const own = this.#waiting.get(key)?.length ?? 0;
      if (!longest || longest.length < own + 2) return item;
      displaced = longest.pop();
      this.#size -= 1;
    }
    const line = this.#waiting.get(key);
    if (line) line.push(item);
    else this.#waiting.set(key, [item]);
    this.#size += 1;
    return displaced;
  }

  /** Puts back what was taken before: ahead of all that waits, full or not, and no newcomer displaces it. */
  putBack(items: readonly Item[]): void {
    this.#first.unshift(...items);
    this.#size += items.length;
  }

  /** Takes the item whose turn it is. */
  take(): Item | undefined {
    const item = this.#first.shift() ?? this.#takeTurn();
    if (item !== undefined) this.#size -= 1;
    return item;
  }

  /** @returns false if it does not wait here */
  remove(item: Item): boolean {
    for (const line of [this.#first, ...this.#waiting.values()]) {
      const index = line.indexOf(item);
      if (index < 0) continue;
      line.splice(index, 1);
      this.#size -= 1;
      this.#dropEmpty();
      return true;
    }
    return false;
  }

  #takeTurn(): Item | undefined {
    const [turn] = this.#waiting;
    if (!turn) return undefined;
    const [key, line] = turn;
    const item = line.shift();
    // A map keeps the order of insertion: set anew, the key goes behind the others.
    this.#waiting.delete(key);
    if (line.length > 0) this.#waiting.set(key, line);
    return item;
  }

  #longest(): Item[] | undefined {
    let longest: Item[] | undefined;
    for (const line of this.#waiting.values()) if (line.length > (longest?.length ?? 0)) longest = line;
    return longest;
  }

  #dropEmpty(): void {
    for (const [key, line] of this.#waiting) if (line.length === 0) this.#waiting.delete(key);
  }
}
