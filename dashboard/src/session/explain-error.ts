import { VaultProofError } from "@vaultproof/sdk/browser";

/** What went wrong, in words for a person: what it was, and what to do. */
export interface Explanation {
  readonly title: string;
  readonly advice: string;
}

/** Turns whatever was thrown into words; never shows a stack. */
export function explainError(error: unknown): Explanation {
  if (!navigator.onLine) {
    return {
      title: "You are offline",
      advice: "Nothing was lost. It can be tried again once there is a connection.",
    };
  }
  if (error instanceof VaultProofError) {
    const { message, reason, details = [] } = error;
    // What the server said stands in the message already.
    const more = [reason, ...details].filter((part) => part !== undefined && !message.includes(part));
    return { title: message, advice: more.join(". ") };
  }
  if (error instanceof TypeError) {
    return {
      title: "The edge gave no answer",
      advice: "It may be down or restarting. Try again in a moment.",
    };
  }
  return { title: "That did not work", advice: error instanceof Error ? error.message : String(error) };
}
