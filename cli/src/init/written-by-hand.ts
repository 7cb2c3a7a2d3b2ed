/** Words that people write where a key belongs. */
const STAND_INS = /your|example|placeholder|change.?me|replace|insert|dummy|todo|redacted|x{4}/i;
/** What no key has in it, and a template or a shortened key does. */
const UNFINISHED = /\.{3}|\*{3}|<|>|\$\{/;
/** What stands in the same place of every key of a provider. */
const FIXED =
  /^(?:sk-(?:(?:proj|svcacct|admin|None|or-v1|ant(?:-api\d\d)?)-)?|gsk_|tgp_v1_|AIza(?:Sy)?|AQ\.)|T3BlbkFJ/g;
/** The company that such words keep, the longer ones first. */
const COMPANY =
  /placeholder|changeme|anthropic|together|deepseek|provider|redacted|example|replace|mistral|private|project|secret|insert|openai|gemini|google|qwerty|sample|dummy|paste|token|enter|value|your|todo|goes|here|this|with|test|fake|real|groq|asdf|key|api|put|the/gi;
/** A word, or a word with a number, or a number: `key`, `Key2`, `2024`. */
const WORD = /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)\d{0,4}$|^\d{1,8}$/;
const SAME_AGAIN = /(.)\1{2,}/gi;
const LEAST_IN_A_ROW = 3;
const LEAST_RANDOM = 8;
const LEAST_DIFFERENT = 6;

/**
 * Whether a value only stands where a key belongs. A word such as `your` is not enough: among random characters it
 * comes about by itself. It counts where little is left beside words, repetitions and rows such as `1234`.
 */
export function isWrittenByHand(value: string): boolean {
  if (UNFINISHED.test(value)) return true;
  return STAND_INS.test(value) && !looksRandom(value);
}

/** Whether a value has characters that nobody would come upon. */
export function looksRandom(value: string, least = LEAST_RANDOM): boolean {
  const rest = randomPart(value);
  return rest.length >= least && new Set(rest).size >= LEAST_DIFFERENT;
}

/** What is left of a value without its provider's prefix, words, repetitions and rows. */
function randomPart(value: string): string {
  return value
    .replaceAll(FIXED, "-")
    .split(/[^A-Za-z0-9]+/)
    .filter((piece) => !WORD.test(piece))
    .map((piece) => withoutRows(piece.replaceAll(COMPANY, "-").replaceAll(SAME_AGAIN, "-")))
    .join("")
    .replaceAll("-", "");
}

/** Without characters that follow upon one another: `abcd`, `4321`. */
function withoutRows(text: string): string {
  const codes = Array.from(text.toLowerCase(), (character) => character.charCodeAt(0));
  let kept = "";
  for (let start = 0; start < text.length;) {
    const end = endOfRow(codes, start);
    if (end - start < LEAST_IN_A_ROW) kept += text.slice(start, start + 1);
    start = end - start < LEAST_IN_A_ROW ? start + 1 : end;
  }
  return kept;
}

function endOfRow(codes: readonly number[], start: number): number {
  const step = (at: number): number => (codes[at + 1] ?? Number.NaN) - (codes[at] ?? Number.NaN);
  const first = step(start);
  if (Math.abs(first) !== 1) return start + 1;
  let end = start + 1;
  while (step(end) === first) end++;
  return end + 1;
}
