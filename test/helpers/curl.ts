import { execFile, execFileSync } from "node:child_process";

/** An answer as curl saw it. Header names are lowercase. */
export interface CurlAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why tests that need curl are left out, or false. In CI a missing curl is an error. */
export function curlSkipReason(): string | false {
  try {
    execFileSync("curl", ["--version"], { stdio: "ignore" });
    return false;
  } catch (cause) {
    if (process.env.CI !== undefined) throw new Error("curl is missing", { cause });
    return "no curl here";
  }
}

/** Runs curl. `input` is what `@-` reads. */
export async function curl(args: readonly string[], input = ""): Promise<CurlAnswer> {
  return await run("curl", ["-sS", "-i", "--max-time", "60", ...args], input);
}

/** Runs a curl command exactly as somebody would paste it into a shell. */
export async function pasteCurl(command: string): Promise<CurlAnswer> {
  return await run("sh", ["-c", `${command} -sS -i --max-time 60`], "");
}

function run(program: string, args: readonly string[], input: string): Promise<CurlAnswer> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { encoding: "utf8" }, (error, output) => {
      if (error === null) resolve(parse(output));
      // The arguments may hold a body of many kilobytes.
      else reject(new Error(`curl ended with ${String(error.code)}`));
    });
    // curl stops reading once it was answered, which a refusal is before the body has come.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

function parse(output: string): CurlAnswer {
  const end = output.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = output.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: output.slice(end + 4) };
}
