import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
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
const RESERVED = /^(?:api|health|internal|playground)(?:\/|$)/;

/**
 * Reads the page into memory. From then on the path of a request is looked up in a table and never becomes the name of
 * a file: there is no way out of the folder. And a page that is built anew meanwhile does not mix with the old one.
 *
 * Names that begin with a dot are left out. `name.br` and `name.gz` beside `name` are that file compressed.
 *
 * @throws PageFolderError for a folder without `index.html`, with links, too large, or with a name that is the API's.
 */
export async function readPage(folder: string): Promise<PageFiles> {
  const names = await namesIn(folder);
  if (!names.includes(INDEX)) throw new PageFolderError(`it has no ${INDEX}`);
  const reserved = names.find((name) => RESERVED.test(name));
  if (reserved !== undefined) throw new PageFolderError(`it holds ${reserved}, a path of the API`);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  if (sizes.reduce((sum, size) => sum + size) > MAX_BYTES) {
    throw new PageFolderError(`it holds more than ${MAX_BYTES} bytes`);
  }
  const bytesOf = new Map<string, Uint8Array>();
  for (const name of names) bytesOf.set(name, await readFile(join(folder, name)));
  const files = new Map([...bytesOf].map(([name, bytes]) => [`/${name}`, toFile(name, bytes, bytesOf)]));
  const indexFile = files.get(`/${INDEX}`);
  return indexFile === undefined ? files : files.set("/", indexFile);
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
