import type { KeystoreState } from "@vaultproof/sdk/browser";
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Session } from "./session.js";

/** Filled by the shell once the keystore is open. */
export const SessionContext = createContext<Session | undefined>(undefined);

/** The page's session. Throws outside the shell, which is a mistake in the code. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("a screen stands outside the shell");
  return session;
}

/** The keystore's state, rendered anew when it changes, in whichever tab. */
export function useKeystoreState(): KeystoreState {
  const { keystore } = useSession();
  const [state, setState] = useState(keystore.state);
  useEffect(() => {
    setState(keystore.state);
    return keystore.subscribe(() => setState(keystore.state));
  }, [keystore]);
  return state;
}
