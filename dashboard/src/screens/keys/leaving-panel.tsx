import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Notice } from "../../ui/notice.js";
import { counted } from "./format.js";
import type { Leaving } from "./leaving.js";
import { shortenJson } from "./shorten-json.js";
import "./leaving-panel.css";

/** What was sent, as the panel shows it. */
export interface SentStore {
  readonly leaving: Leaving;
  /** Shares and bundles found in it; undefined where there were none to look for. */
  readonly sharesFound?: readonly string[] | undefined;
}

const STORE_PATH = "/api/v1/keys/store";

/** Shows what leaves this browser when a key is stored, and beside it what does not. */
export function LeavingPanel({
  shape,
  sent,
}: {
  readonly shape: unknown;
  readonly sent: SentStore | undefined;
}) {
  const body = sent?.leaving.requests.filter(({ url }) => url.endsWith(STORE_PATH)).at(-1)?.body;
  return (
    <Card title="What leaves your browser">
      {body === undefined ? <Shape shape={shape} /> : <Sent body={body} />}
      {sent !== undefined && <Evidence {...sent} />}
      <h3>What does not</h3>
      <dl class="stays">
        <Stays name="The key">
          Split into two shares in this page. Each by itself is random; the text you pasted is overwritten.
        </Stays>
        <Stays name="Share 2">
          Kept here, encrypted. It leaves only inside a call, sealed to the server.
        </Stays>
        <Stays name="Your developer key">Signs the request. The server knows its public half.</Stays>
        <Stays name="The apps' bundles">Made here, shown to you once.</Stays>
      </dl>
    </Card>
  );
}

function Shape({ shape }: { readonly shape: unknown }) {
  return (
    <>
      <p class="soft small">One request, in this shape. The values are made when you press Store.</p>
      <Json text={JSON.stringify(shape, null, 2)} />
    </>
  );
}

function Sent({ body }: { readonly body: string }) {
  const [whole, setWhole] = useState(false);
  return (
    <>
      <p class="soft small">
        This is what was sent, {counted(body.length, "character")}.{" "}
        {whole ? "Nothing is left out." : "Long values are cut in the middle."}
      </p>
      <Json text={whole ? JSON.stringify(JSON.parse(body), null, 2) : shortenJson(body)} />
      <div>
        <Button kind="quiet" onPress={() => setWhole(!whole)}>
          {whole ? "Cut long values" : "Show every digit"}
        </Button>
      </div>
    </>
  );
}

function Json({ text }: { readonly text: string }) {
  return (
    <figure class="leaving-json">
      <figcaption class="mono">POST {STORE_PATH}</figcaption>
      <pre tabIndex={0} aria-label="Body of the request">
        {text}
      </pre>
    </figure>
  );
}

/** What the search before sending gave. */
function Evidence({ leaving, sharesFound }: SentStore) {
  const { requests, found, searched } = leaving;
  if (found.length > 0) {
    return (
      <Notice kind="bad" title={`The key stood in the request (${found.join(", ")})`}>
        It was not sent. Take the key out of the other fields.
      </Notice>
    );
  }
  if (requests.length === 0) return null;
  if (!searched) {
    return (
      <Notice kind="warn" title="Not searched">
        A key this short occurs in a request by chance.
      </Notice>
    );
  }
  const what = `${counted(requests.length, "request")} (method, address, headers, body)`;
  if (sharesFound !== undefined && sharesFound.length > 0) {
    return <Notice kind="bad" title={`Sent: ${sharesFound.join(", ")}`} />;
  }
  return (
    <Notice kind="good" title="The key was searched for and not found">
      In {what}, before each was sent: as it is, in hex, base64 and base64url.
      {sharesFound !== undefined && " Share 2 and the bundles were searched for in the same way: not found."}
    </Notice>
  );
}

function Stays({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="soft small">{children}</dd>
    </div>
  );
}
