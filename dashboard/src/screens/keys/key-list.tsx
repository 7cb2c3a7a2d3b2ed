import { useCallback, useState } from "preact/hooks";
import { useLoaded } from "../../service/use-loaded.js";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Empty, Loading } from "../../ui/empty.js";
import { Field } from "../../ui/field.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { counted } from "./format.js";
import { KeyRow } from "./key-row.js";
import { loadSlots, type SlotWithCalls } from "./key-slots.js";
import { providerName } from "./provider-calls.js";

const PAGE_ROWS = 20;
/** As many as are seen at a glance need no search. */
const SEARCHED_FROM = 6;

/** Every key of this developer. */
export function KeyList() {
  const session = useSession();
  const { loaded, reload } = useLoaded(useCallback(() => loadSlots(session), [session]));
  return (
    <>
      <ScreenHead
        title="Keys"
        actions={loaded.state === "ready" && loaded.value.length > 0 ? <AddLink /> : undefined}
      />
      {loaded.state === "loading" && <Loading what="Loading your keys" />}
      {loaded.state === "failed" && <ErrorNotice error={loaded.error} retry={reload} />}
      {loaded.state === "ready" && (loaded.value.length === 0 ? <NoKeys /> : <Rows slots={loaded.value} />)}
    </>
  );
}

function AddLink() {
  return (
    <a class="button button-primary" href="#/keys/add">
      Add a key
    </a>
  );
}

function NoKeys() {
  return (
    <Empty title="No keys yet" action={<AddLink />}>
      <p>
        Paste a provider's key. It is split in this page: one part is sealed to the server, the other stays
        here. Your apps call with a bundle instead of the key.
      </p>
    </Empty>
  );
}

function Rows({ slots }: { readonly slots: readonly SlotWithCalls[] }) {
  const [search, setSearch] = useState("");
  const [page, setPage] = useState(0);
  const found = slots.filter((one) => matches(one, search));
  const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
  const shown = Math.min(page, pages - 1);
  return (
    <>
      {slots.length >= SEARCHED_FROM && (
        <Field
          label="Search"
          type="search"
          value={search}
          placeholder="label, provider, app or id"
          onInput={(text) => {
            setSearch(text);
            setPage(0);
          }}
        />
      )}
      <p class="soft small" role="status">
        {search === "" ? counted(slots.length, "key") : `${found.length} of ${counted(slots.length, "key")}`}
      </p>
      <ul class="key-rows" aria-label="Keys">
        {found.slice(shown * PAGE_ROWS, (shown + 1) * PAGE_ROWS).map((one) => (
          <KeyRow key={one.slot.id} {...one} />
        ))}
      </ul>
      {pages > 1 && (
        <nav class="pages" aria-label="Pages of keys">
          <Button disabled={shown === 0} onPress={() => setPage(shown - 1)}>
            Earlier page
          </Button>
          <span>
            Page {shown + 1} of {pages}
          </span>
          <Button disabled={shown === pages - 1} onPress={() => setPage(shown + 1)}>
            Next page
          </Button>
        </nav>
      )}
    </>
  );
}

function matches({ slot }: SlotWithCalls, search: string): boolean {
  const apps = slot.appGrants.map(({ appId }) => appId);
  const text = [slot.label, slot.provider, providerName(slot.provider), slot.id, ...apps].join("\n");
  return text.toLowerCase().includes(search.trim().toLowerCase());
}
