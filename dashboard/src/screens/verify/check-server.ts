import { verifyChain } from "../../audit/verify-chain.js";
import { listCallableApps } from "../../call/callable-apps.js";
import type { Session } from "../../session/session.js";
import type { Evidence } from "./evidence.js";
import { readServerDocument } from "./read-server-document.js";

/** Claim 5: whose signature the server's document carries, and what the log is worth. */
export async function checkServer(session: Session, evidence: Evidence): Promise<void> {
  const { serverIdentity } = await session.vault();
  const { document, fingerprint, isSigned } = await readServerDocument();
  evidence.show("Identity pinned by this browser", serverIdentity);
  evidence.show("What the server shows at /.well-known/vaultproof", document);
  evidence.holds(
    fingerprint === serverIdentity,
    fingerprint === serverIdentity
      ? "SHA-256 of the public key that it shows is the pinned identity"
      : `SHA-256 of the public key that it shows is ${fingerprint}, another server's`,
  );
  evidence.holds(
    isSigned,
    isSigned
      ? "Its signature over all of that holds under this key"
      : "Its signature does not hold: somebody changed what it says",
  );
  await checkLog(session, evidence);
}

/** The log of the newest key, or of what the developer managed where there is no key. */
async function checkLog(session: Session, evidence: Evidence): Promise<void> {
  const vault = await session.vault();
  const [slot] = (await listCallableApps(session)).slots;
  const { problem, rows, to, exported } = await verifyChain(vault, slot?.id);
  const name = slot === undefined ? "The log of what you managed" : `The log of ${slot.label}`;
  const head = exported?.head;
  evidence.holds(
    problem === undefined,
    problem === undefined
      ? `${name} is whole: ${rows} ${rows === 1 ? "row" : "rows"}, each computed over the one before, the last one signed by this server`
      : `${name} is not as it was written: ${problem.words}${problem.seq === null ? "" : ` (row ${problem.seq})`}`,
  );
  if (head !== undefined && problem === undefined) {
    evidence.show(
      "The signed head of that log: keep it, and no later log can leave out or change what is before it",
      `row ${to}, hash ${head.hash}`,
    );
  }
}
