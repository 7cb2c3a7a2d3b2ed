import { fileURLToPath } from "node:url";

/** The built page. An edge serves it that is started with `{ edgeEnv: { DASHBOARD_DIR: pageFolder } }`. */
export const pageFolder = fileURLToPath(new URL("../../../dashboard/dist/page", import.meta.url));
