import { lookup as resolve } from "node:dns";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { buildConnector } from "undici";
import { dialOf, type EgressPolicy } from "./egress-policy.js";

/** A connection that the policy does not allow. */
export class EgressRefusedError extends Error {
  override readonly name = "EgressRefusedError";
}

/**
 * Makes connections to one origin, each to an address that the policy allows. The name is resolved once a connection
 * and what it resolved to is what is dialled, so that a name cannot be public when checked and private when used; if
 * any of its addresses is refused, all are.
 *
 * @param options.onSocket sees each new socket before anything is written to it.
 */
export function createEgressConnector(
  origin: string,
  options: {
    readonly policy: EgressPolicy;
    readonly connectTimeoutMs: number;
    readonly onSocket: (socket: Socket) => void;
  },
): buildConnector.connector {
  const { policy, connectTimeoutMs, onSocket } = options;
  const { hostname, port } = dialOf(new URL(origin));
  const allows = (address: string) => policy.allowsAddress({ hostname, port, address });

  const lookup: LookupFunction = (name, lookupOptions, callback) => {
    resolve(name, { ...lookupOptions, all: true }, (error, addresses) => {
      const [first] = error === null ? addresses : [];
      if (error !== null) callback(error, "");
      else if (first === undefined || !addresses.every(({ address }) => allows(address))) {
        callback(new EgressRefusedError("address not allowed"), "");
      } else if (lookupOptions.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({
    lookup,
    timeout: connectTimeoutMs,
    allowH2: false,
    minVersion: "TLSv1.2",
  });

  return (target, callback) => {
    // An address is never looked up, so it is judged here.
    if (!policy.allowsOrigin(origin) || (isIP(hostname) !== 0 && !allows(hostname))) {
      callback(new EgressRefusedError("address not allowed"), null);
      return;
    }
    connect(target, (...[error, socket]) => {
      if (error !== null) callback(error, null);
      else if (allows(socket.remoteAddress ?? "")) {
        onSocket(socket);
        callback(null, socket);
      } else {
        socket.destroy();
        callback(new EgressRefusedError("address not allowed"), null);
      }
    });
  };
}
