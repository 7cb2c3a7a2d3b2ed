import { randomBytes } from "node:crypto";
import { PROVIDERS, type KnownProvider } from "@vaultproof/protocol/providers";
import { VaultProofApp, type VaultProof } from "@vaultproof/sdk";
import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { LIST_MODELS } from "../demo/provider-choice.js";
import { CliError } from "../errors.js";
import { readSlotId } from "../input/slot-id.js";
import { createReport } from "../report.js";
import { withSession, type Session } from "../session/open-session.js";
import { duration } from "../terminal.js";
import { withService, type ServiceOptions } from "./options.js";

interface TestOptions extends ServiceOptions {
  readonly path?: string;
}

const HELP = `
It lists the models, which costs nothing, as an app that is granted for this one call and revoked after it.`;

/** `vaultproof keys test`. */
export function registerKeysTest(keys: Command, context: CommandContext): void {
  const command = keys
    .command("test")
    .description("make one cheap call with a stored key and show what the provider says of it")
    .argument("<slot>", "id of the key slot, as `keys list` shows it", readSlotId)
    .option("--path <path>", "what to GET (default: the provider's list of models)")
    .addHelpText("after", HELP);
  withService(command).action(async (slot: string, options: TestOptions) => {
    const report = createReport(context, options);
    await withSession(context, options, report, async (session) => {
      const call = await chooseCall(session.vault, slot, options.path);
      const outcome = await report.during("proving and calling", () => testSlot(session, slot, call));
      const { status, source, milliseconds } = outcome;
      const works = source === "upstream" && status >= 200 && status < 300;
      const said = works ? "works" : whyNot(outcome);
      report.result(
        { keySlotId: slot, works, status, source, milliseconds },
        `${slot} ${said}: GET ${call.path} was answered ${status} by ${source === "upstream" ? "the provider" : "VaultProof"} in ${duration(milliseconds)}`,
      );
      if (!works) context.setExitCode(1);
    });
  });
}

interface Call {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Outcome {
  readonly status: number;
  readonly source: string;
  readonly milliseconds: number;
}

async function chooseCall(vault: VaultProof, slot: string, path: string | undefined): Promise<Call> {
  const found = (await vault.keys.list()).find(({ id }) => id === slot);
  if (found === undefined) throw new CliError("not-found", `there is no key slot ${slot}`);
  if (found.status === "revoked") throw new CliError("test-failed", `${slot} is revoked`);
  const known = Object.hasOwn(PROVIDERS, found.provider) ? (found.provider as KnownProvider) : "openai";
  const preset = LIST_MODELS[known];
  return { path: path ?? preset.path, headers: preset.headers };
}

async function testSlot({ vault, url }: Session, slot: string, call: Call): Promise<Outcome> {
  const appId = `keys-test-${randomBytes(4).toString("hex")}`;
  const [path = call.path] = call.path.split("?", 1);
  const { bundle } = await vault.apps.grant(slot, appId, { methods: ["GET"], paths: [path] });
  try {
    const app = await VaultProofApp.open({ url, bundle });
    try {
      const started = performance.now();
      const response = await app.fetch(call.path, { headers: { ...call.headers } });
      await response.arrayBuffer();
      const source = response.headers.get("vp-source") ?? "vaultproof";
      return { status: response.status, source, milliseconds: Math.round(performance.now() - started) };
    } finally {
      await app.close();
    }
  } finally {
    await vault.apps.revoke(slot, appId);
  }
}

function whyNot({ status, source }: Outcome): string {
  if (source !== "upstream") return "could not be used";
  return status === 401 || status === 403 ? "is not accepted by its provider" : "got no useful answer";
}
