/** One attempt to have a key sent elsewhere, or a request read as another. */
export interface Attempt {
  readonly name: string;
}

/** A base URL that nobody may store a key for. */
export interface BaseUrlAttempt extends Attempt {
  readonly baseUrl: string;
}

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  "loopback in other numbers": [
    ...["127.0.0.1", "127.0.0.9", "127.255.255.254", "2130706433", "0x7f000001", "0X7F.1", "017700000001"],
    ...["0177.0.0.1", "0177.0000.0000.0001", "127.0x0.0.1", "127.1", "127.0.1", "127.0.0.1.", "0", "0.0.0.0"],
  ],
  "loopback as IPv6": [
    ...["[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::FFFF:7F00:1]", "[::127.0.0.1]"],
    ...["[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]"],
    ...[
      "[2001:0:7f00:1::]",
      "[fe80::1]",
      "[fe80::1%25lo]",
      "[fe80::1%lo]",
      "[fec0::1]",
      "[fd00::1]",
      "[ff02::1]",
    ],
  ],
  metadata: [
    ...[
      "169.254.169.254",
      "2852039166",
      "0xa9fea9fe",
      "0251.0376.0251.0376",
      "169.254.43518",
      "168.63.129.16",
    ],
    ...["100.100.100.200", "192.0.0.192", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"],
  ],
  "private and special": [
    ...["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1"],
    ...["240.0.0.1", "255.255.255.255"],
  ],
  "hosts that a parser repairs": [
    ...[
      "①②⑦.0.0.1",
      "１２７.0.0.1",
      "127。0。0。1",
      "127．0．0．1",
      "%31%32%37.0.0.1",
      "ⓛocalhost",
      "ｌocalhost",
    ],
    ...[
      "local\u00adhost",
      "localhost\u200b",
      "localhost%2e",
      "localhost.",
      "localhost..",
      "loc\talhost",
      "b\u00fccher.example",
    ],
    ...[
      "api.openai.com@127.0.0.1",
      "user:secret@127.0.0.1",
      "api.openai.com%40127.0.0.1",
      "256.0.0.1",
      "xn--a",
    ],
  ],
};

/** Every host with the trap's port behind it, and whole URLs that mean the trap to one reader or another. */
export function baseUrlAttempts(port: number): BaseUrlAttempt[] {
  const trap = `127.0.0.1:${port}`;
  const whole = [
    ...[`https://api.openai.com#@${trap}`, `https://${trap}#.openai.com`, `https://api.openai.com?@${trap}`],
    ...[
      `https://api.openai.com\\@${trap}`,
      `https://api.openai.com/@${trap}`,
      `https:\\\\${trap}`,
      `https:/${trap}`,
    ],
    ...[`https:${trap}`, `https:///${trap}`, `//${trap}`, trap, `https://api.openai.com:443@${trap}`],
    ...[
      `https://api.openai.com/v1/../..//${trap}`,
      `https://${trap}/v1`,
      ` https://${trap}`,
      `https://${trap} `,
    ],
    ...[
      `https://${trap}\t`,
      `https://api.openai.com\r\nHost: ${trap}`,
      `https://api.openai.com\u0000.${trap}`,
    ],
    ...[
      `https://api.openai.com:0`,
      `https://api.openai.com:65536`,
      "https://api.openai.com:-1",
      "https://:443",
    ],
    ...["https://api.openai.com:", `https://api.openai.com:443:${port}`, "https://", ""],
    ...[
      `http://${trap}`,
      "http://api.openai.com",
      `ftp://${trap}`,
      `gopher://${trap}/_x`,
      `ws://${trap}`,
      `wss://${trap}`,
    ],
    ...[
      "file:///etc/passwd",
      "data:text/plain,x",
      "javascript:0",
      `blob:https://${trap}/x`,
      "unix:/run/docker.sock",
    ],
    ...[
      `http+unix://%2frun%2fdocker.sock`,
      `HTTPS://${trap}`,
      `hTTp://${trap}`,
      `view-source:https://${trap}`,
    ],
  ];
  const hosts = Object.entries(HOSTS).flatMap(([kind, hosts]) =>
    hosts.map((host) => ({ name: `${kind}: ${JSON.stringify(host)}`, baseUrl: `https://${host}:${port}` })),
  );
  return [...hosts, ...whole.map((baseUrl) => ({ name: `URL: ${JSON.stringify(baseUrl)}`, baseUrl }))];
}

/** Headers for a key that would change the request itself. */
export const AUTH_HEADER_ATTEMPTS: readonly { readonly name: string; readonly template: string }[] = [
  ...[
    "Host",
    "Connection",
    "Transfer-Encoding",
    "content-length",
    "Cookie",
    "Expect",
    "Upgrade",
    "TE",
    "vp-client-ip",
  ],
  ...["x-key\r\nHost", "x key", "x-key:", ":authority", "", "x-k\u00e9y"],
]
  .map((name) => ({ name, template: "{key}" }))
  .concat(
    [
      "Bearer {key}\r\nHost: evil.example",
      "Bearer {key}\n",
      "{key}\u0000",
      "Bearer",
      "{key}{key}",
      " {key}",
    ].map((template) => ({ name: "x-api-key", template })),
  );

/** A name that may be stored, and what its look-ups answer. */
export interface NameAttempt extends Attempt {
  readonly addresses: readonly (readonly string[])[];
}

/** Names, all under `.test`, that lead where no call may go. */
export const NAME_ATTEMPTS: readonly NameAttempt[] = Object.entries({
  "loopback.test": ["127.0.0.1"],
  "loopback6.test": ["::1"],
  "mapped.test": ["::ffff:127.0.0.1"],
  "mapped-hex.test": ["::ffff:7f00:1"],
  "compatible.test": ["::127.0.0.1"],
  "nat64.test": ["64:ff9b::7f00:1"],
  "six-to-four.test": ["2002:7f00:1::"],
  "teredo.test": ["2001:0:7f00:1::"],
  "unspecified.test": ["0.0.0.0"],
  "unspecified6.test": ["::"],
  "link-local.test": ["fe80::1%lo"],
  "metadata.test": ["169.254.169.254"],
  "metadata6.test": ["fd00:ec2::254"],
  "private.test": ["10.0.0.1"],
  "shared.test": ["100.64.0.1"],
  "multicast.test": ["224.0.0.1"],
  "short.test": ["127.1"],
  "number.test": ["2130706433"],
  "one-of-two.test": ["127.0.0.2", "127.0.0.1"],
  "two-of-two.test": ["127.0.0.1", "127.0.0.2"],
  "nowhere.test": [],
  "xn--bcher-kva.test": ["127.0.0.1"],
}).map(([name, addresses]) => ({ name, addresses: [addresses] }));

/** Targets that are no path, or another path to another reader. */
export const TARGET_ATTEMPTS: readonly string[] = [
  ...[
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "//127.0.0.1/",
    "///127.0.0.1/",
    "//user@127.0.0.1/",
    "127.0.0.1/",
  ],
  ...[
    "",
    "v1/models",
    "*",
    "?x",
    "@127.0.0.1/",
    ":80/",
    "/v1/models#x",
    "/v1/models?x#y",
    "/\\127.0.0.1/",
    "\\\\127.0.0.1\\",
  ],
  ...[
    "/v1/../admin",
    "/..",
    "/./x",
    "/v1/%2e%2e/admin",
    "/v1/.%2E/admin",
    "/v1/%252e%252e/admin",
    "/v1/..;/admin",
  ],
  ...[
    "/v1%2fadmin",
    "/v1%2Fadmin",
    "/v1%252fadmin",
    "/v1%5cadmin",
    "/v1/%c0%ae%c0%ae/",
    "/v1%c0%afadmin",
    "/%u002e./",
  ],
  ...[
    "/%EF%BC%8E%EF%BC%8E/",
    "/v1%EF%BC%8Fadmin",
    "/v1\r\nHost: 127.0.0.1",
    "/v1 HTTP/1.1\r\nHost: x\r\n\r\nGET /",
  ],
  ...[
    "/v1/%0d%0aHost:%20x",
    "/v1/%250d%250a",
    "/v1/%00",
    "/v1\u0000",
    "/v1\tx",
    "/v1 x",
    "/v1/\u007f",
    "/v1/ü",
    "/v1/．．/",
  ],
];

/** Headers of a call that are the connection's, or no header. */
export const HEADER_ATTEMPTS: readonly Readonly<Record<string, string>>[] = [
  { host: "127.0.0.1" },
  { connection: "authorization" },
  { connection: "close, x-api-key" },
  { "transfer-encoding": "chunked" },
  { "transfer-encoding": "identity, chunked" },
  { "content-length": "0" },
  { upgrade: "h2c" },
  { "http2-settings": "AAMAAABkAAQAAP__" },
  { te: "trailers" },
  { trailer: "authorization" },
  { expect: "100-continue" },
  { "keep-alive": "timeout=600" },
  { "proxy-connection": "keep-alive" },
  { "proxy-authorization": "Basic eDp5" },
  { accept: "*/*\r\nhost: 127.0.0.1" },
  { accept: "*/*\nx-api-key: x" },
  { accept: "\u0000" },
  { accept: "\u010d\u010a" },
  { "accept\r\nhost": "127.0.0.1" },
  { "accept ": "*/*" },
  { "accept:": "*/*" },
  { ":authority": "127.0.0.1" },
  { Accept: "*/*", accept: "*/*" },
  { AUTHORIZATION: "Bearer x" },
  { "": "x" },
  { "\u{ff41}ccept": "*/*" },
];

/** Headers of a call that are dropped, whatever they ask for: the provider sees its key and what it knows. */
export const DROPPED_HEADERS: Readonly<Record<string, string>> = {
  ...{
    authorization: "Bearer mine",
    "x-api-key": "mine",
    "x-goog-api-key": "mine",
    "api-key": "mine",
    cookie: "a=b",
  },
  ...{
    "x-forwarded-host": "127.0.0.1",
    "x-forwarded-for": "127.0.0.1",
    forwarded: "host=127.0.0.1",
    via: "1.1 x",
  },
  ...{
    "x-original-url": "/admin",
    "x-rewrite-url": "/admin",
    "x-http-method-override": "DELETE",
    origin: "https://x",
  },
  ...{
    "accept-encoding": "gzip",
    range: "bytes=0-1",
    "content-encoding": "gzip",
    "vp-client-ip": "127.0.0.1",
  },
};
