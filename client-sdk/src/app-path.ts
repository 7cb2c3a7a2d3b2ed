import { foldAppPath, appPathWitness } from "@vaultproof/protocol/app-tree";
import { pathAnswerSchema } from "@vaultproof/protocol/app-path-route";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { VaultProofError } from "./sdk-error.js";
import type { ServiceConnection } from "./service-connection.js";

/** An app's place in its slot's tree, checked: the leaf leads to the root. */
export interface AppPathInTree {
  readonly path: readonly bigint[];
  readonly left: readonly bigint[];
  readonly appRoot: bigint;
}

/** A path, or the answer with which it was refused. */
export type PathOutcome = { readonly path: AppPathInTree } | { readonly refusal: Response };

/** Where the app's path comes from; kept until it is asked for anew. */
export interface AppPaths {
  current(): Promise<PathOutcome>;
  refetch(): Promise<PathOutcome>;
}

/** Paths of one leaf of one slot, fetched from the service. Public data, so nothing is signed. */
export function createAppPaths(options: {
  readonly connection: ServiceConnection;
  readonly slotId: string;
  readonly leaf: bigint;
}): AppPaths {
  let kept: Promise<PathOutcome> | undefined;
  const refetch = async (): Promise<PathOutcome> => {
    const fetching = fetchPath(options);
    kept = fetching;
    const forget = (): void => {
      if (kept === fetching) kept = undefined;
    };
    try {
      const outcome = await fetching;
      if ("refusal" in outcome) forget();
      return copyOutcome(outcome);
    } catch (error) {
      forget();
      throw error;
    }
  };
  return {
    refetch,
    current: async () => (kept === undefined ? refetch() : copyOutcome(await kept)),
  };
}

/** Several calls may wait for one answer, and each reads its body. */
function copyOutcome(outcome: PathOutcome): PathOutcome {
  return "refusal" in outcome ? { refusal: outcome.refusal.clone() } : outcome;
}

async function fetchPath(options: {
  readonly connection: ServiceConnection;
  readonly slotId: string;
  readonly leaf: bigint;
}): Promise<PathOutcome> {
  const { connection, slotId, leaf } = options;
  const target = `/api/v1/keys/${slotId}/path?leaf=${fieldToHex(leaf)}`;
  const response = await connection.send({ method: "GET", target });
  if (response.status !== 200) return { refusal: response };
  return { path: readPath(await response.text(), leaf) };
}

function readPath(text: string, leaf: bigint): AppPathInTree {
  const answer = parseAnswer(text);
  const siblings = answer.siblings.map(fieldFromHex);
  const appRoot = fieldFromHex(answer.appRoot);
  if (foldAppPath(leaf, answer.index, siblings) !== appRoot) {
    throw new VaultProofError(
      "path-invalid",
      "the siblings that came do not lead from this app to the root that came with them; something in between " +
        "altered them",
    );
  }
  return { ...appPathWitness(leaf, answer.index, siblings), appRoot };
}

function parseAnswer(text: string): { index: number; siblings: string[]; appRoot: string } {
  try {
    return pathAnswerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new VaultProofError("path-invalid", "the answer has not the documented form", { cause });
  }
}
