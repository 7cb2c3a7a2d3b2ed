import { useEffect, useState } from "preact/hooks";
import { showServer, type ShownServer } from "../../service/server-identity.js";
import { useSession } from "../../session/use-session.js";
import { Card } from "../../ui/card.js";
import { CopyText } from "../../ui/copy-text.js";

/** Who is at either end, and which versions talk to each other. */
export function AboutCard() {
  const session = useSession();
  const { keystore, url } = session;
  const [pinned, setPinned] = useState<string>();
  const [server, setServer] = useState<ShownServer>();
  useEffect(() => {
    // Where nobody answers the banner says so; what is not known is left out here.
    session.vault().then(
      ({ serverIdentity }) => setPinned(serverIdentity),
      () => undefined,
    );
    showServer(url).then(setServer, () => undefined);
  }, [url]);
  return (
    <Card title="Who and what">
      <CopyText label="Your developer id (keyid)" text={keystore.developerId ?? ""} />
      {pinned !== undefined && <CopyText label="Pinned identity of the server" text={pinned} />}
      <dl class="about-facts">
        <div>
          <dt>Service</dt>
          <dd class="mono">{url}</dd>
        </div>
        <div>
          <dt>Page</dt>
          <dd class="mono">{__PAGE_VERSION__}</dd>
        </div>
        {server !== undefined && (
          <div>
            <dt>Circuit (SHA-256 of the program)</dt>
            <dd class="mono">{server.circuit}</dd>
          </div>
        )}
      </dl>
    </Card>
  );
}
