import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { ServiceState, ServiceWatch } from "./service-watch.js";

/** Filled by the shell. */
export const ServiceContext = createContext<ServiceWatch | undefined>(undefined);

/** How the page reaches its service, rendered anew when that changes. */
export function useService(): {
  readonly watch: ServiceWatch;
  readonly state: ServiceState;
  readonly outdated: boolean;
} {
  const watch = useContext(ServiceContext);
  if (watch === undefined) throw new Error("this stands outside the shell");
  const [{ state, outdated }, setFound] = useState({ state: watch.state, outdated: watch.outdated });
  useEffect(() => {
    const look = () => setFound({ state: watch.state, outdated: watch.outdated });
    look();
    return watch.subscribe(look);
  }, [watch]);
  return { watch, state, outdated };
}
