import { broken, ok, type Finding } from "./finding.js";

/** The oldest Node that everything here runs on. */
const LEAST = [20, 19] as const;

/** @param version as `process.versions.node`. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
  if (enough) return ok("Node", version);
  return broken("Node", `${version} is too old`, `install Node ${LEAST.join(".")} or later`);
}
