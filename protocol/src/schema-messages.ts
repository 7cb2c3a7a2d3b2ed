import { config } from "zod/mini";
import en from "zod/v4/locales/en.js";

// zod/mini, of which a page loads a third as much as of zod, comes without words; every schema's module imports this one.
config(en());
