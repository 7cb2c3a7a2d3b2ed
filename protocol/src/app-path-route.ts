import * as z from "zod/mini";
import { APP_TREE_LEAVES } from "./app-tree.js";
import { FIELD_MODULUS } from "./field.js";

/** A field element on the wire. */
export const fieldHex = z.string().check(
  z.regex(/^[0-9a-f]{64}$/, "a field element is 64 lowercase hex digits"),
  z.refine(
    (hex) => BigInt(`0x${/^[0-9a-f]{64}$/.test(hex) ? hex : "0"}`) < FIELD_MODULUS,
    "a field element is below the field's order",
  ),
);
/** `GET /api/v1/keys/:keySlotId/path?leaf=`: apart from the developers' routes, because every app asks it and no other. */
export const pathAnswerSchema = z.object({
  index: z.int().check(z.minimum(0), z.maximum(APP_TREE_LEAVES - 1)),
  siblings: z.array(fieldHex).check(z.length(10)),
  appRoot: fieldHex,
});
