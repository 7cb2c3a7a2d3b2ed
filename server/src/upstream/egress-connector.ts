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
    /** Of the call that a connection is being made for, if it is known: its end is the end of the attempt. */
    readonly signal: () => AbortSignal | undefined;
  },
): buildConnector.connector {
  const { policy, connectTimeoutMs, onSocket, signal } = options;
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
  // It gives the socket back at once, which its types leave out.
  const connect = buildConnector({
    lookup,
    timeout: connectTimeoutMs,
    allowH2: false,
    minVersion: "TLSv1.2",
  }) as (...parameters: Parameters<buildConnector.connector>) => Socket;

  return (target, callback) => {
    // An address is never looked up, so it is judged here.
    if (!policy.allowsOrigin(origin) || (isIP(hostname) !== 0 && !allows(hostname))) {
      callback(new EgressRefusedError("address not allowed"), null);
      return;
    }
    const connected = new AbortController();
    const dialled = connect(target, (...[error, socket]) => {
      connected.abort();
      if (error !== null) {
        callback(error, null);
        return;
      }
      const refusal = judgePeer(socket.remoteAddress, allows);
      if (refusal !== null) {
        socket.destroy();
        callback(refusal, null);
        return;
      }
      onSocket(socket);
      callback(null, socket);
    });
    const onAbort = (): void => void dialled.destroy(new Error("the call ended before it was connected"));
    signal()?.addEventListener("abort", onAbort, { once: true, signal: connected.signal });
  };
}

/** Why a connection may not be used, null where it may. */
function judgePeer(address: string | undefined, allows: (address: string) => boolean): Error | null {
  // The other side has reset it already: it has no address any more, and nobody has refused one.
  if (address === undefined) return Object.assign(new Error("reset at once"), { code: "ECONNRESET" });
  return allows(address) ? null : new EgressRefusedError("address not allowed");
}
