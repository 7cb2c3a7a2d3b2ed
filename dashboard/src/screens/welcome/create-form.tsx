import type { KeystoreProtection } from "@vaultproof/sdk/browser";
import { useEffect, useState } from "preact/hooks";
import { NewPassphraseFields } from "../../passphrase/new-passphrase-fields.js";
import { passkeysAvailable } from "../../passphrase/passkeys.js";
import { useNewPassphrase } from "../../passphrase/use-new-passphrase.js";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Form } from "../../ui/form.js";
import { Tabs } from "../../ui/tabs.js";
import { InviteField } from "./connect-form.js";
import { ServerCheck } from "./server-check.js";

const PASSKEY_NAME = "VaultProof developer";
const LOCKS = [
  { name: "passphrase", title: "With a passphrase" },
  { name: "passkey", title: "With a passkey" },
] as const;

/** Asks who the server is and how the key is to be locked away, and makes it. */
export function CreateForm(props: {
  readonly onBegin: () => void;
  readonly onBack: () => void;
  readonly onConnected: () => void;
  /** The key is made, but the server did not take the developer. */
  readonly onRefused: (refusal: unknown) => void;
}) {
  const session = useSession();
  const entry = useNewPassphrase();
  const [serverIdentity, setServerIdentity] = useState<string>();
  const [inviteToken, setInviteToken] = useState("");
  const [lock, setLock] = useState<"passphrase" | "passkey">("passphrase");
  const [offersPasskey, setOffersPasskey] = useState(false);
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<unknown>();
  useEffect(() => void passkeysAvailable().then(setOffersPasskey), []);

  const create = async () => {
    if (serverIdentity === undefined) return;
    const protection =
      lock === "passkey" ? { passkey: { userName: PASSKEY_NAME } } : passphraseOf(entry.take());
    if (protection === undefined) return;
    setError(undefined);
    setBusy(lock === "passkey" ? "Waiting for the passkey" : "Locking the key away: this takes a moment");
    props.onBegin();
    try {
      await session.keystore.initialize({ ...protection, kind: "live" });
    } catch (problem) {
      setError(problem);
      setBusy(undefined);
      return;
    }
    setBusy("Making yourself known to the server");
    session.connect({ serverIdentity, inviteToken }).then(props.onConnected, props.onRefused);
  };

  const working = busy !== undefined;
  const passphrase = <NewPassphraseFields entry={entry} busy={working} />;
  return (
    <Form onSubmit={() => void create()}>
      <h2>Is this the right server?</h2>
      <ServerCheck onChange={setServerIdentity} disabled={working} />
      <h2>What opens the key in this browser</h2>
      {offersPasskey ? (
        <Tabs label="What opens the key" tabs={LOCKS} current={lock} onChange={setLock}>
          {lock === "passphrase" ? (
            <div class="form">{passphrase}</div>
          ) : (
            <p class="soft">
              This device asks for your finger, face or PIN. A passkey does not open the key in another
              browser: make a recovery kit.
            </p>
          )}
        </Tabs>
      ) : (
        passphrase
      )}
      <InviteField value={inviteToken} onInput={setInviteToken} disabled={working} />
      {error !== undefined && <ErrorNotice error={error} />}
      <p class="form-progress" role="status">
        {busy === undefined ? "" : `${busy}…`}
      </p>
      <div class="form-actions">
        <Button onPress={props.onBack} disabled={working}>
          Back
        </Button>
        <Button type="submit" kind="primary" busy={working} disabled={serverIdentity === undefined}>
          Create
        </Button>
      </div>
    </Form>
  );
}

function passphraseOf(passphrase: string | undefined): KeystoreProtection | undefined {
  return passphrase === undefined ? undefined : { passphrase };
}
