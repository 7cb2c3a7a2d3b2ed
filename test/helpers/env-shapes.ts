import { randomBytes } from "node:crypto";

const random = (bytes: number): string => randomBytes(bytes).toString("hex");

/** Keys of the shapes that providers give; never anybody's. */
export function madeUpKeys() {
  return {
    openai: `sk-proj-${random(24)}`,
    anthropic: `sk-ant-api03-${random(24)}`,
    groq: `gsk_${random(26)}`,
    google: `AIza${random(18).slice(0, 35)}`,
    mistral: random(16),
    deepseek: `sk-${random(16)}`,
  } as const;
}

export type MadeUpKeys = ReturnType<typeof madeUpKeys>;

/** A `.env` file in some shape. */
export interface EnvShape {
  readonly name: string;
  readonly bytes: Buffer;
  /** Variables whose value, as dotenv reads it, was a key and must be a placeholder. */
  readonly keys: readonly string[];
}

/** Shapes in which people and tools write `.env` files. */
export function envShapes(made: MadeUpKeys): EnvShape[] {
  const { openai, anthropic, groq, google, mistral, deepseek } = made;
  const key = ["OPENAI_API_KEY"];
  const shape = (name: string, text: string | Buffer, keys: readonly string[] = key): EnvShape => ({
    name,
    bytes: Buffer.from(text),
    keys,
  });
  return [
    shape("plain", `OPENAI_API_KEY=${openai}\n`),
    shape("no newline at the end", `A=1\nOPENAI_API_KEY=${openai}`),
    shape("double quotes", `OPENAI_API_KEY="${openai}"\n`),
    shape("single quotes", `OPENAI_API_KEY='${openai}'\n`),
    shape("backticks", `OPENAI_API_KEY=\`${openai}\`\n`),
    shape("export", `export OPENAI_API_KEY=${openai}\nexport B=2\n`),
    shape("export with quotes and tabs", `export\tOPENAI_API_KEY="${openai}"\n`),
    shape("spaces around the sign", `  OPENAI_API_KEY  =   ${openai}   \nB = 2\n`),
    shape("a comment behind", `OPENAI_API_KEY=${openai} # the team's\n`),
    shape("a comment right behind", `OPENAI_API_KEY=${openai}#the team's\n`),
    shape("a comment behind quotes", `OPENAI_API_KEY="${openai}" # "quoted" too\n`),
    shape("comments and empty lines", `# first\n\n\n  # second\nOPENAI_API_KEY=${openai}\n\n# last\n`),
    shape("commented out", `# OPENAI_API_KEY=${openai}\nB=2\n`, []),
    shape("commented out twice over", `## export OPENAI_API_KEY="${openai}"\nOPENAI_API_KEY=${openai}\n`),
    shape("CRLF", `A=1\r\nOPENAI_API_KEY=${openai}\r\nB=2\r\n`),
    shape("CRLF without the last", `OPENAI_API_KEY="${openai}"\r\nB=2`),
    shape("carriage returns alone", `A=1\rOPENAI_API_KEY=${openai}\rB=2\r`),
    shape("mixed line ends", `A=1\r\nOPENAI_API_KEY=${openai}\nB=2\r\n\n`),
    shape("byte order mark", `\ufeffOPENAI_API_KEY=${openai}\nB=2\n`),
    shape("byte order mark and CRLF", `\ufeff# ünïcode\r\nOPENAI_API_KEY=${openai}\r\n`),
    shape("a value of many lines before", `CERT="-----BEGIN\nabc=def\n-----END"\nOPENAI_API_KEY=${openai}\n`),
    shape("a value of many lines behind", `OPENAI_API_KEY=${openai}\nJSON='{\n  "a": 1\n}'\n`),
    shape("twice the same", `OPENAI_API_KEY=${openai}\nOPENAI_API_KEY=${openai}\n`),
    shape(
      "twice, the first one old",
      `OPENAI_API_KEY=${openai.replace("proj", "None")}\nOPENAI_API_KEY=${openai}\n`,
    ),
    shape("interpolated", `REAL=${openai}\nOPENAI_API_KEY=\${REAL}\n`, ["REAL"]),
    shape("interpolated, of a shape that says nothing", `REAL=${deepseek}\nDEEPSEEK_API_KEY="\${REAL}"\n`, [
      "REAL",
    ]),
    shape("a part of a value", `AUTH_HEADER="Bearer ${openai}"\nURL=https://x.test/?k=${openai}&b=1\n`, []),
    shape("an unknown variable", `MY_TEAMS_SECRET=${anthropic}\n`, ["MY_TEAMS_SECRET"]),
    shape("prefixed and suffixed", `NEXT_PUBLIC_OPENAI_API_KEY=${openai}\nOPENAI_API_KEY_PROD=${openai}\n`, [
      "NEXT_PUBLIC_OPENAI_API_KEY",
      "OPENAI_API_KEY_PROD",
    ]),
    shape("lower case", `openai_api_key=${openai}\n`, ["openai_api_key"]),
    shape("a colon for a sign", `OPENAI_API_KEY: ${openai}\n`),
    shape(
      "several providers",
      `OPENAI_API_KEY=${openai}\nANTHROPIC_API_KEY=${anthropic}\nGROQ_API_KEY=${groq}\nGEMINI_API_KEY=${google}\nMISTRAL_API_KEY=${mistral}\n`,
      ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY"],
    ),
    shape(
      "the provider's own address",
      `OPENAI_API_KEY=${openai}\nOPENAI_BASE_URL="https://api.openai.com/v1/"\n`,
    ),
    shape("an empty address", `OPENAI_BASE_URL=\n\nOPENAI_API_KEY=${openai}\n`),
    shape(
      "other keys that are not for us",
      `STRIPE=sk_live_51Habcdefghijklmnop\nOPENAI_API_KEY=${openai}\nJWT=eyJhbGciOi\n`,
    ),
    shape(
      "placeholders of others",
      `ANTHROPIC_API_KEY=your-key-here\nGROQ_API_KEY=gsk_xxxxxxxxxxxxxxxxxxxxxxxx\nOPENAI_API_KEY=${openai}\n`,
    ),
    shape(
      "bytes that are not UTF-8",
      Buffer.concat([Buffer.from([0x41, 0x3d, 0xe9, 0xff, 0x0a]), Buffer.from(`OPENAI_API_KEY=${openai}\n`)]),
    ),
    shape("a quote that is not closed", `OPENAI_API_KEY=${openai}\nNAME=it's\n`),
    shape("a quote that is not closed at the end", `OPENAI_API_KEY=${openai}\nNAME="half`),
    shape("white space at the end", `OPENAI_API_KEY=${openai}\n   \n\t`),
    shape("escapes", `TEXT="a \\"b\\" c\\n"\nOPENAI_API_KEY="${openai}"\n`),
    shape("unicode", `NAME="Zoë 🔑"\nOPENAI_API_KEY=${openai}\nCITY=Zürich\n`),
  ];
}
