import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The content codings that files are compressed in ahead, by the ending of the compressed file's name. */
const CODINGS = { ".br": "br", ".gz": "gzip" } as const;

/** One form of a file: as it is, or compressed. */
export interface Representation {
  /** Undefined for the file as it is. */
  readonly coding: (typeof CODINGS)[keyof typeof CODINGS] | undefined;
  readonly bytes: Uint8Array;
  /** A strong ETag with its quotes. */
  readonly etag: string;
}

/** A file of the page: as it is, then what it was compressed into. */
export type PageFile = readonly [Representation, ...Representation[]];

/** The files of the page by the path that each is served at. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** A folder that cannot be served as the page. Its message tells of names only. */
export class PageFolderError extends Error {
  override readonly name = "PageFolderError";
}

const INDEX = "index.html";
/** Many times what the page has; a folder that was not meant must not fill the memory. */
const MAX_BYTES = 128 * 1024 * 1024;
/** Paths of the API, which no file may hide. */
const RESERVED = /^\/(?:api|health|internal|playground)(?:\/|$)/;

/**
 * Reads the page into memory. From then on the path of a request is looked up in a table and never becomes the name of
 * a file: there is no way out of the folder. And a page that is built anew meanwhile does not mix with the old one.
 *
 * Names that begin with a dot are left out. `name.br` and `name.gz` beside `name` are that file compressed.
 *
 * @throws PageFolderError for a folder without `index.html`, with links, too large, or with a name that is the API's.
 */
export async function readPage(folder: string): Promise<PageFiles> {
  const bytesByName = new Map<string, Uint8Array>();
  let total = 0;
  for (const name of await namesIn(folder)) {
    const bytes = await readFile(join(folder, name));
    total += bytes.length;
    if (total > MAX_BYTES) throw new PageFolderError(`it holds more than ${MAX_BYTES} bytes`);
    bytesByName.set(name, bytes);
  }
  const files = new Map(
    [...bytesByName].map(([name, bytes]) => [`/${name}`, toFile(name, bytes, bytesByName)]),
  );
  const index = files.get(`/${INDEX}`);
  if (index === undefined) throw new PageFolderError(`it has no ${INDEX}`);
  const reserved = [...files.keys()].find((path) => RESERVED.test(path));
  if (reserved !== undefined) throw new PageFolderError(`it holds ${reserved}, a path of the API`);
  return files.set("/", index);
}

function toFile(name: string, bytes: Uint8Array, all: ReadonlyMap<string, Uint8Array>): PageFile {
  const compressed = Object.entries(CODINGS).flatMap(([ending, coding]) => {
    const packed = all.get(name + ending);
    return packed === undefined ? [] : [represent(packed, coding)];
  });
  return [represent(bytes, undefined), ...compressed];
}

/** By content: two builds, or two machines, that serve the same bytes say so, whatever the times of their files. */
function represent(bytes: Uint8Array, coding: Representation["coding"]): Representation {
  return { coding, bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
}

/** Names below a folder, with `/` between their parts. */
async function namesIn(folder: string, prefix = ""): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((cause: unknown) => {
    throw new PageFolderError("it cannot be read", { cause });
  });
  const names: string[] = [];
  for (const entry of entries.filter(({ name }) => !name.startsWith("."))) {
    const name = prefix + entry.name;
    if (entry.isDirectory()) names.push(...(await namesIn(folder, `${name}/`)));
    else if (entry.isFile()) names.push(name);
    // What a link leads to may lie anywhere.
    else throw new PageFolderError(`${name} is neither a file nor a folder`);
  }
  return names;
}
