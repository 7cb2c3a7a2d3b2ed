import { resolveDestination } from "@vaultproof/protocol/providers";
import { useEffect, useRef } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { Card } from "../../ui/card.js";
import { Notice } from "../../ui/notice.js";
import { AppBundles } from "./app-bundles.js";
import { detailsOf, labelOf, type KeyDraft } from "./key-draft.js";
import { Snippets } from "./snippets.js";
import type { StoreOutcome } from "./store-key.js";

type Stored = Extract<StoreOutcome, { kind: "stored" }>;

/** What a person has after a key was stored: the bundles, once, and what to do with them. */
export function StoredKey(props: Stored & { readonly draft: KeyDraft }) {
  const { keySlotId, bundles, kept, keepError, draft } = props;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The button that was pressed stood far below.
    scrollTo(0, 0);
    place.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div ref={place} class="stack" tabIndex={-1}>
      <Notice
        kind="good"
        title={`${labelOf(draft)} is stored`}
        action={
          <a class="button" href={`#/keys/${keySlotId}`}>
            Make a test call
          </a>
        }
      >
        Delete the key wherever else you kept it. Your apps need a bundle each.
      </Notice>
      {keepError !== undefined && <ErrorNotice error={keepError} />}
      <Card title="Bundles">
        <p class="soft small">
          A bundle lets whoever has it call until you revoke the app; it never yields the key. Copy it now: it
          is not shown again by itself.
        </p>
        <AppBundles {...{ keySlotId, bundles, kept }} />
      </Card>
      <Snippets
        provider={draft.provider}
        providerOrigin={resolveDestination(detailsOf(draft)).baseUrl}
        label={labelOf(draft)}
      />
    </div>
  );
}
