import { Notice } from "../ui/notice.js";
import "./app.css";

/** All that there is of the page where the browser lacks what keys need. */
export function CannotStart({ reasons }: { readonly reasons: readonly string[] }) {
  return (
    <main class="cannot-start">
      <h1>VaultProof cannot run in this browser</h1>
      <Notice kind="bad" title="What is missing">
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </Notice>
      <p>
        A current Chrome, Edge, Firefox or Safari has all of it. Private windows and some settings switch
        parts of it off. The command <code>npx vaultproof</code> needs no browser.
      </p>
    </main>
  );
}
