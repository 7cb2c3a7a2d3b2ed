import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the built page lies: beside the packed command's own folder, or where a checkout builds it. */
const PLACES = ["../page", "../../../dashboard/dist/page"];

/** The folder of the page that came with this command; undefined in a checkout that has not built it. */
export function ownPageFolder(): string | undefined {
  return PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((folder) =>
    existsSync(`${folder}/index.html`),
  );
}
