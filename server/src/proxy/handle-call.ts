import type { RefusalCounter } from "../audit/refusal-counter.js";
import type { EdgeVerifiedRequest } from "../edge/verify-edge.js";
import type { StorageKeys } from "../keys/storage-keys.js";
import type { TransportKeys } from "../keys/transport-keys.js";
import type { ProofVerifier } from "../proof/proof-verifier.js";
import type { Upstream, UpstreamAnswer } from "../upstream/upstream.js";
import { burnNullifier, type BurnDependencies } from "./burn-nullifier.js";
import type { CallerConnection } from "./caller-connection.js";
import { assertCallerPresent, awaitAnswer, callUpstream } from "./call-upstream.js";
import { checkRestrictions } from "./check-restrictions.js";
import { findTransportKey } from "./find-transport-key.js";
import { outcomeOf, type CallLog } from "./log-call.js";
import { readCall } from "./read-call.js";
import { readStatement, type StatementDependencies } from "./read-statement.js";
import type { OnTiming } from "./step-timer.js";
import { verifyIdentity } from "./verify-identity.js";
import { verifyProof, type AuthorisedCall } from "./verify-proof.js";
import { withProviderKey } from "./with-provider-key.js";

/** What a call works with. */
export interface CallDependencies extends StatementDependencies, BurnDependencies {
  readonly verifier: ProofVerifier;
  readonly storageKeys: StorageKeys;
  readonly transportKeys: TransportKeys;
  readonly upstream: Upstream;
  readonly callLog: CallLog;
  readonly refusals: Pick<RefusalCounter, "counting">;
  /** Bytes for the provider. */
  readonly bodyLimit: number;
  readonly requireSealedShares: boolean;
  /** For benchmarks. */
  readonly onTiming?: OnTiming | undefined;
}

/**
 * `POST /api/v1/proxy/call`, the whole of it: the steps of the protocol in their order. Step 1 made the request that
 * this takes. What a step refuses it throws as a ServerError.
 *
 * @returns the provider's answer, its body still streaming.
 */
export async function handleCall(
  deps: CallDependencies,
  request: EdgeVerifiedRequest,
  connection: CallerConnection,
): Promise<UpstreamAnswer> {
  const started = performance.now();
  const { endStep } = connection;
  const read = readCall(request, deps); // 2: shape
  endStep("readCall");
  const call = await deps.refusals.counting(read.call.keySlotId, async () => {
    const claimed = await readStatement(deps, read); // 3: statement
    endStep("readStatement");
    return await verifyProof(deps.verifier, claimed, connection.signal); // 4: proof
  }); // 10: what is refused until here is counted
  endStep("verifyProof");

  let subject: string | null = null;
  try {
    checkRestrictions(deps, call); // 5: restrictions
    subject = await verifyIdentity(call); // 5: for whom the call is made
    const answer = await execute(deps, call, { ...connection, subject });
    const ended = connection.ended.then((outcome) => ({ status: answer.status, outcome }));
    deps.callLog.append(call, started, ended, subject); // 10: log, after the answer
    return answer;
  } catch (error) {
    deps.callLog.append(call, started, outcomeOf(error), subject); // 10: log
    throw error;
  }
}

async function execute(
  deps: CallDependencies,
  call: AuthorisedCall,
  { signal, endStep, subject }: CallerConnection & { readonly subject: string | null },
): Promise<UpstreamAnswer> {
  const transportKey = await findTransportKey(deps.transportKeys, call); // 5: still nothing burnt
  endStep("checkRestrictions");
  assertCallerPresent(signal);
  const { share1Encrypted, usage } = await burnNullifier(deps, call, subject); // 6: burn
  endStep("burnNullifier");
  assertCallerPresent(signal);
  const material = { call, share1Encrypted, transportKey };
  const sent = await withProviderKey(deps.storageKeys, material, async (key) => {
    endStep("rebuildKey"); // 7: rebuild
    const sending = await callUpstream(deps.upstream, call, key, signal); // 8: upstream, until the key is sent
    endStep("sendUpstream");
    return sending;
  }); // 9: wipe, before the answer
  endStep("wipe");
  const answer = await awaitAnswer(sent, usage); // 8: the answer's head
  endStep("awaitAnswer");
  return answer;
}
