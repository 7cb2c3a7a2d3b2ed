import { GatewayError } from "./gateway-error.js";

/** What calls hold of the gateway. */
export interface Capacity {
  /** @throws GatewayError `busy` */
  enter(): Place;
}

/** The place of one call. */
export interface Place {
  /** Counts bytes that the call holds. @throws GatewayError `busy` */
  hold(bytes: number): void;
  /** Gives place and bytes back. */
  leave(): void;
}

/** Bounds the calls in flight and the bytes of their bodies together. */
export function createCapacity(limits: { readonly calls: number; readonly bytes: number }): Capacity {
  let calls = 0;
  let bytes = 0;
  return {
    enter() {
      if (calls >= limits.calls) throw new GatewayError("busy");
      calls++;
      let held = 0;
      return {
        hold(count) {
          if (bytes + count > limits.bytes) throw new GatewayError("busy");
          bytes += count;
          held += count;
        },
        leave() {
          calls--;
          bytes -= held;
        },
      };
    },
  };
}
