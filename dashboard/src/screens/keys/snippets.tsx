import { useState } from "preact/hooks";
import { useSession } from "../../session/use-session.js";
import { Card } from "../../ui/card.js";
import { CopyText } from "../../ui/copy-text.js";
import { Tabs } from "../../ui/tabs.js";
import { curlSnippet, execSnippet, typeScriptSnippet, type SnippetSubject } from "./snippet-texts.js";

const TABS = [
  { name: "typescript", title: "TypeScript" },
  { name: "exec", title: "Any program" },
  { name: "curl", title: "curl" },
] as const;
type TabName = (typeof TABS)[number]["name"];

const SAID: Readonly<Record<TabName, { readonly label: string; readonly text: string }>> = {
  typescript: {
    label: "App in TypeScript",
    text: "The provider's own SDK, with the app's fetch in place of the global one.",
  },
  exec: { label: "Program under exec", text: "A gateway for one program, which stays as it is." },
  curl: {
    label: "curl through the gateway",
    text: "A call carries a proof, which curl cannot make: the gateway on your machine makes it.",
  },
};

/** How apps call with this key, to be copied. */
export function Snippets(subject: Omit<SnippetSubject, "url">) {
  const { url } = useSession();
  const [tab, setTab] = useState<TabName>("typescript");
  const write = { typescript: typeScriptSnippet, exec: execSnippet, curl: curlSnippet }[tab];
  return (
    <Card title="Use it">
      <Tabs label="Ways to use it" tabs={TABS} current={tab} onChange={setTab}>
        <div class="stack">
          <p class="soft small">{SAID[tab].text}</p>
          <CopyText label={SAID[tab].label} text={write({ ...subject, url })} />
        </div>
      </Tabs>
    </Card>
  );
}
