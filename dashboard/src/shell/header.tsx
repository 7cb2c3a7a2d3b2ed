import { useHashLocation } from "wouter-preact/use-hash-location";
import { useSession } from "../session/use-session.js";
import { Button } from "../ui/button.js";
import { Icon } from "../ui/icon.js";
import { SCREENS } from "./screens.js";
import { ThemeChoice } from "./theme-choice.js";
import { isAt } from "./unlocked-screens.js";

const SHOWN_OF_ID = 8;

/** Name, navigation and lock: at the side of a wide screen, at head and foot of a narrow one. */
export function Header({ unlocked }: { readonly unlocked: boolean }) {
  const { keystore } = useSession();
  return (
    <header class="head">
      <a class="brand" href="#/keys">
        <img src="/icon.svg" alt="" width="28" height="28" />
        VaultProof
      </a>
      {unlocked && (
        <nav class="nav" aria-label="Screens">
          {SCREENS.map((screen) => (
            <NavLink key={screen.path} {...screen} />
          ))}
        </nav>
      )}
      <div class="head-tools">
        {unlocked && <Identity id={keystore.developerId} />}
        <ThemeChoice />
        {unlocked && (
          <Button onPress={() => keystore.lock()}>
            <span class="lock-words">
              <Icon name="lock" />
              Lock
            </span>
          </Button>
        )}
      </div>
    </header>
  );
}

function NavLink({ path, name, icon }: Pick<(typeof SCREENS)[number], "path" | "name" | "icon">) {
  const [location] = useHashLocation();
  return (
    <a href={`#${path}`} class="nav-link" aria-current={isAt(location, path) ? "page" : undefined}>
      <Icon name={icon} />
      <span>{name}</span>
    </a>
  );
}

function Identity({ id }: { readonly id: string | undefined }) {
  if (id === undefined) return null;
  return (
    <p class="identity" title={`keyid of this developer: ${id}`}>
      <span class="soft small">Developer</span>
      <span class="mono">{id.slice(0, SHOWN_OF_ID)}…</span>
    </p>
  );
}
