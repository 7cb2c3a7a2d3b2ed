import { VaultProofApp, type Prover } from "@vaultproof/sdk";

/** The body of a call as the SDK made it: whatever a test may want to alter before it sends it. */
export type CallBody = Readonly<Record<string, unknown>>;

const CALL_PATH = "/api/v1/proxy/call";

/** Has the SDK make a call with its proof, and keeps it from being sent. */
export async function makeUnsentCall(options: {
  readonly url: string;
  readonly bundle: string;
  readonly prover: Prover;
  readonly path: string;
  readonly init?: RequestInit;
}): Promise<CallBody> {
  const { url, bundle, prover, path, init } = options;
  let made: string | undefined;
  const app = await VaultProofApp.open({
    url,
    bundle,
    prover,
    fetch: async (input, init) => {
      if (!(input as string).endsWith(CALL_PATH)) return await fetch(input, init);
      made = init?.body as string;
      return Response.json({ error: "kept back by the test" }, { status: 418 });
    },
  });
  const answer = await app.fetch(path, init);
  await app.close();
  if (made === undefined) throw new Error(`no call was made: ${answer.status} ${await answer.text()}`);
  return JSON.parse(made) as CallBody;
}

/** Sends a call's body as anybody could. */
export async function sendCallBody(url: string, body: CallBody): Promise<Response> {
  return await fetch(url + CALL_PATH, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
