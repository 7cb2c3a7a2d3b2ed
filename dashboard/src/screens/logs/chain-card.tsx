import type { DeveloperVault } from "@vaultproof/sdk/browser";
import { useState } from "preact/hooks";
import type { ChainVerdict, LogName } from "../../audit/verify-chain.js";
import { ErrorNotice } from "../../session/error-notice.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { CopyText } from "../../ui/copy-text.js";
import { downloadFile } from "../../ui/download-file.js";
import { Notice } from "../../ui/notice.js";
import type { ExportFiles } from "./export-files.js";
import { LogTime } from "./log-time.js";

type Shown =
  | { readonly verdict: ChainVerdict }
  | { readonly files: ExportFiles; readonly serverIdentity: string }
  | { readonly error: unknown };

/** Checks the chosen log's chain here, and downloads it for whoever wants to check it elsewhere. */
export function ChainCard(props: {
  readonly openVault: () => Promise<DeveloperVault>;
  readonly log: LogName;
}) {
  const { openVault, log } = props;
  const [busy, setBusy] = useState<"verify" | "export">();
  const [shown, setShown] = useState<Shown>();
  const run = (what: "verify" | "export", work: () => Promise<Shown>) => {
    setBusy(what);
    setShown(undefined);
    work()
      .then(setShown, (error: unknown) => setShown({ error }))
      .finally(() => setBusy(undefined));
  };
  const verify = async (): Promise<Shown> => {
    const [{ verifyChain }, vault] = await Promise.all([import("../../audit/verify-chain.js"), openVault()]);
    return { verdict: await verifyChain(vault, log) };
  };
  const download = async (): Promise<Shown> => {
    const [{ exportLog }, { exportFiles }, vault] = await Promise.all([
      import("../../audit/verify-chain.js"),
      import("./export-files.js"),
      openVault(),
    ]);
    const files = exportFiles(log, await exportLog(vault, log), new Date());
    downloadFile(files.csv);
    return { files, serverIdentity: vault.serverIdentity };
  };
  return (
    <Card title="Audit chain">
      <p>
        Each row holds the hash of the row before, and the server signs the last one. Checking fetches all
        rows that are kept and computes the chain again in this page.
      </p>
      <div class="log-actions">
        <Button
          kind="primary"
          busy={busy === "verify"}
          disabled={busy !== undefined}
          onPress={() => run("verify", verify)}
        >
          Verify the chain
        </Button>
        <Button
          busy={busy === "export"}
          disabled={busy !== undefined}
          onPress={() => run("export", download)}
        >
          Download CSV
        </Button>
      </div>
      {shown !== undefined && "verdict" in shown && <Verdict verdict={shown.verdict} />}
      {shown !== undefined && "files" in shown && <Downloaded {...shown} />}
      {shown !== undefined && "error" in shown && <ErrorNotice error={shown.error} />}
    </Card>
  );
}

function Verdict({ verdict }: { readonly verdict: ChainVerdict }) {
  const { problem, exported, rows, from, to, serverIdentity } = verdict;
  return (
    <>
      {problem === undefined ? (
        <Notice kind="good" title="The chain is intact">
          {rows === 0
            ? "It has no rows yet."
            : `${count(rows)}, ${from} to ${to}, are whole and as they were written. They hold all that this device saw of them before.`}
        </Notice>
      ) : (
        <Notice
          kind="bad"
          title={problem.seq === null ? "The log does not hold" : `Row ${problem.seq} does not hold`}
        >
          {sentence(problem.words)}
          {to >= from &&
            ` The rows before it, ${from} to ${to}, agree with each other; only an intact chain vouches for them.`}
        </Notice>
      )}
      {exported !== undefined && (
        <dl class="log-evidence">
          <dt>Rows checked</dt>
          <dd>{rows}</dd>
          <dt>Head</dt>
          <dd>
            Row {exported.head.seq}
            {exported.head.seq > 0 && (
              <>
                , <LogTime seconds={exported.head.at} />
              </>
            )}
          </dd>
          <dt>Hash of the head</dt>
          <dd class="mono">{exported.head.hash}</dd>
          <dt>Signature</dt>
          <dd>
            {problem?.code.startsWith("head-") === true ? "Does not hold for " : "By the pinned server "}
            <span class="mono">{serverIdentity}</span>
          </dd>
          {exported.base !== undefined && (
            <>
              <dt>Kept no longer</dt>
              <dd>
                Rows up to {exported.base.seq}, <LogTime seconds={exported.base.at} />; the server signed
                where the rest begins
              </dd>
            </>
          )}
        </dl>
      )}
    </>
  );
}

/** The browser allows one download a press, so the head has a button of its own. */
function Downloaded({
  files,
  serverIdentity,
}: {
  readonly files: ExportFiles;
  readonly serverIdentity: string;
}) {
  return (
    <>
      <Notice
        kind="good"
        title={`Exported as ${files.csv.name}`}
        action={<Button onPress={() => downloadFile(files.heads)}>Download its signed head</Button>}
      >
        To check the file later, without the server, keep the signed head beside it.
      </Notice>
      <CopyText
        label="Check both files"
        text={`npx vaultproof audit verify ${files.csv.name} --server-identity ${serverIdentity}`}
      />
    </>
  );
}

function count(rows: number): string {
  return rows === 1 ? "1 row" : `${rows} rows`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith(".") ? "" : "."}`;
}
