import type { PageFile, PageFiles, Representation } from "./page-files.js";
import { pageHeaders } from "./page-headers.js";

/** What of a request decides how a file is sent. */
export interface PageRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly headers: Headers;
}

/** What is given to the connection at once. */
const PIECE_BYTES = 64 * 1024;

/**
 * Answers a request for a file of the page, compressed if the client takes it, with 304 if it has it already.
 *
 * A `Range` is not heeded, as RFC 9110 section 14.2 allows: every file is sent whole.
 *
 * @returns null for whatever is not a `GET` or `HEAD` of exactly a file's path; that is the edge's to answer.
 */
export function answerPage(files: PageFiles, { method, target, headers }: PageRequest): Response | null {
  if (method !== "GET" && method !== "HEAD") return null;
  const [path = ""] = target.split("?", 1);
  const file = files.get(path);
  if (file === undefined) return null;
  const { coding, bytes, etag } = choose(file, headers.get("accept-encoding") ?? "");
  const answer = new Headers({ ...pageHeaders(path === "/" ? "/index.html" : path), etag });
  if (file.length > 1) answer.set("vary", "accept-encoding");
  if (isKnown(etag, headers.get("if-none-match"))) {
    answer.delete("content-type");
    return new Response(null, { status: 304, headers: answer });
  }
  answer.set("content-length", String(bytes.length));
  if (coding !== undefined) answer.set("content-encoding", coding);
  return new Response(method === "HEAD" ? null : inPieces(bytes), { headers: answer });
}

/** The shortest form that the client takes. It always takes the file as it is. */
function choose(file: PageFile, acceptEncoding: string): Representation {
  const accepted = acceptedCodings(acceptEncoding);
  return file.reduce((best, next) =>
    next.coding !== undefined && accepted.has(next.coding) && next.bytes.length < best.bytes.length
      ? next
      : best,
  );
}

/** RFC 9110 section 12.5.3; weights only tell what is refused. */
function acceptedCodings(field: string): ReadonlySet<string> {
  const members = field
    .split(",")
    .map((member) => member.split(";").map((part) => part.trim().toLowerCase()));
  return new Set(
    members
      .filter(([, ...parameters]) => !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)))
      .map(([coding = ""]) => coding),
  );
}

/** RFC 9110 section 13.1.2: compared weakly, because a proxy that compresses makes an ETag weak. */
function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}

/** The bytes as they are asked for, uncopied: a client that stops reading holds one piece and not the file. */
function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(bytes.subarray(offset, (offset += PIECE_BYTES)));
        if (offset >= bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
