import { config } from "zod/mini";
import en from "zod/v4/locales/en.js";

// zod/mini, of which a page loads a third as much as of zod, comes without words. Every schema whose refusals somebody reads
// imports this module; those of answers alone, which every page loads, do without.
config(en());
