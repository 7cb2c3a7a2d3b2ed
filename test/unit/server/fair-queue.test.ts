import t from "tap";
import { FairQueue } from "@vaultproof/server/proof/fair-queue";

// Items are named after their key and when they came: a1 is the first of key a.

function fill(capacity: number, items: string): FairQueue<string> {
  const queue = new FairQueue<string>({ capacity });
  for (const item of items.split(" ")) if (item) queue.add(item.slice(0, 1), item);
  return queue;
}

function takeAll(queue: FairQueue<string>): string {
  const taken: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
  return taken.join(" ");
}

void t.test("keys take turns, and each key's own keep their order", (t) => {
  t.equal(takeAll(fill(9, "a1 a2 a3 a4 b1 c1 c2")), "a1 b1 c1 a2 c2 a3 a4");
  const queue = fill(9, "a1 a2 b1");
  t.equal(queue.take(), "a1");
  queue.add("c", "c1");
  t.equal(queue.take(), "b1");
  queue.add("b", "b2");
  t.equal(takeAll(queue), "a2 c1 b2", "a key that had its turn comes behind the others");
  t.equal(queue.size, 0);
  t.equal(queue.take(), undefined);
  t.end();
});

void t.test("one key may use every place, and is refused when none is left", (t) => {
  const queue = fill(3, "a1 a2 a3");
  t.equal(queue.add("a", "a4"), "a4");
  t.equal(queue.size, 3);
  t.equal(takeAll(queue), "a1 a2 a3");
  t.end();
});

void t.test("in a full queue a key with less displaces the last of the key with the most", (t) => {
  const queue = fill(6, "b1 a1 a2 a3 a4 c1");
  t.equal(queue.add("d", "d1"), "a4");
  t.equal(queue.add("c", "c2"), "a3");
  t.equal(queue.add("c", "c3"), "c3");
  t.equal(queue.size, 6);
  t.equal(takeAll(queue), "b1 a1 c1 d1 a2 c2");
  t.end();
});

void t.test("keys that are level, or nearly, do not displace one another", (t) => {
  const queue = fill(5, "a1 a2 a3 b1 b2");
  t.equal(queue.add("b", "b3"), "b3", "it would have the most itself");
  t.equal(queue.add("c", "c1"), "a3");
  t.equal(queue.add("d", "d1"), "a2", "of two with two, the one whose turn is next");
  t.equal(queue.add("e", "e1"), "b2");
  t.equal(queue.add("f", "f1"), "f1", "all have one");
  t.equal(takeAll(queue), "a1 b1 c1 d1 e1");
  t.end();
});

void t.test("what is put back comes first, over the bound, and is not displaced", (t) => {
  const queue = fill(2, "a1 b1");
  const taken = [queue.take() ?? "", queue.take() ?? ""];
  queue.add("c", "c1");
  queue.add("c", "c2");
  queue.putBack(taken);
  t.equal(queue.size, 4);
  t.equal(queue.add("d", "d1"), "c2");
  t.equal(queue.add("e", "e1"), "e1");
  t.equal(takeAll(queue), "a1 b1 c1 d1");
  t.end();
});

void t.test("what is removed frees its place and leaves no empty turn", (t) => {
  const queue = fill(4, "a1 a2 b1 c1");
  t.equal(queue.remove("b1"), true);
  t.equal(queue.remove("b1"), false);
  t.equal(queue.size, 3);
  t.equal(queue.add("c", "c2"), undefined);
  t.equal(queue.remove("a1"), true);
  queue.putBack(["x"]);
  t.equal(queue.remove("x"), true);
  t.equal(takeAll(queue), "a2 c1 c2");
  t.equal(queue.size, 0);
  t.end();
});
