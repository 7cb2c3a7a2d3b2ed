import { createEgressPolicy, EgressPolicyError } from "@vaultproof/server/upstream/egress-policy";
import { isPublicAddress } from "@vaultproof/server/upstream/public-address";
import t from "tap";

const CLOSED = createEgressPolicy({ allowInsecure: [], allowPrivate: [] });

void t.test("addresses that may be dialled without the operator's say-so", (t) => {
  const open = [
    "1.1.1.1",
    "8.8.8.8",
    "104.18.6.192",
    "172.15.255.255",
    "172.32.0.1",
    "223.255.255.254",
    "2606:4700::6810:84e5",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
  ];
  for (const address of open) t.ok(isPublicAddress(address), address);
  t.end();
});

void t.test("addresses that may not", (t) => {
  const closed = [
    // IPv4: this network, private, shared, loopback, link-local with metadata, protocol, documentation, benchmarking.
    ...[
      "0.0.0.0",
      "0.1.2.3",
      "10.0.0.1",
      "10.255.255.255",
      "100.64.0.1",
      "100.100.100.200",
      "127.0.0.1",
      "127.1.2.3",
    ],
    ...[
      "169.254.0.1",
      "169.254.169.254",
      "169.254.170.2",
      "172.16.0.1",
      "172.31.255.255",
      "192.0.0.1",
      "192.0.0.192",
    ],
    ...["192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"],
    // IPv4: multicast, reserved, broadcast; Azure's own service.
    ...["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"],
    // IPv6: unspecified, loopback, unique local with AWS's metadata, link-local, site-local, multicast.
    ...["::", "::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"],
    // IPv6: documentation, discard, benchmarking, ORCHID, Teredo, 6to4, segment routing.
    ...[
      "2001:db8::1",
      "3fff::1",
      "100::1",
      "2001:2::1",
      "2001:10::1",
      "2001:20::1",
      "2001::1",
      "2002:a00:1::1",
      "5f00::1",
    ],
    // IPv4 inside IPv6: mapped, compatible, translated, NAT64 well-known and local.
    ...[
      "::ffff:10.0.0.1",
      "::ffff:7f00:1",
      "::ffff:169.254.169.254",
      "::127.0.0.1",
      "::8.8.8.8",
      "::ffff:0:8.8.8.8",
    ],
    ...["64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8", "2002:808:808::1"],
    // No address at all.
    ...["", "localhost", "example.com", "1.2.3", "0x7f000001", "2130706433", "[::1]", "::ffff:1.2.3.4.5"],
  ];
  t.ok(closed.length >= 40);
  for (const address of closed) t.notOk(isPublicAddress(address), address === "" ? "empty" : address);
  t.end();
});

void t.test("every way to write a private host in a base URL is refused", (t) => {
  const spellings = [
    ...["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"],
    ...[
      "127.0.0.1.",
      "127.1.",
      "0",
      "0.0.0.0",
      "0x0",
      "10.1",
      "0xa000001",
      "0251.0376.0251.0376",
      "169.254.43518",
    ],
    ...[
      "169.254.169.254",
      "0xA9FEA9FE",
      "2852039166",
      "192.168.257",
      "172.16.1",
      "%31%32%37.0.0.1",
      "127。0。0。1",
    ],
    ...[
      "１２７.0.0.1",
      "①②⑦.0.0.1",
      "[::1]",
      "[0:0:0:0:0:0:0:1]",
      "[::]",
      "[::ffff:10.0.0.1]",
      "[::ffff:a00:1]",
    ],
    ...["[fd00::1]", "[FE80::1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[::127.0.0.1]", "[2001::1]"],
  ];
  for (const host of spellings) {
    for (const port of ["", ":8443"]) {
      t.notOk(CLOSED.allowsOrigin(new URL(`https://${host}${port}`).origin), host + port);
    }
  }
  for (const host of ["api.openai.com", "localhost", "localhost.", "metadata.google.internal"]) {
    t.ok(CLOSED.allowsOrigin(`https://${host}`), `${host}: a name is judged by what it resolves to`);
  }
  for (const text of ["", "api.openai.com", "ftp://a.example", "file:///etc/passwd", "http://a.example"]) {
    t.notOk(CLOSED.allowsOrigin(text), text === "" ? "empty" : text);
  }
  t.end();
});

void t.test("the operator's lists open what they name and nothing else", (t) => {
  const policy = createEgressPolicy({
    allowInsecure: [
      "plain.example",
      "ported.example:8080",
      "LOCALHOST:80",
      "127.0.0.1",
      "::1",
      "[fd00::5]:90",
    ],
    allowPrivate: [
      "inside.example",
      "ported.example:8080",
      "10.1.0.0/16",
      "192.168.1.9",
      "fd00::/64",
      "[::1]:443",
    ],
  });
  const origins: [string, boolean][] = [
    ["http://plain.example", true],
    ["http://plain.example:81", true],
    ["http://other.example", false],
    ["http://sub.plain.example", false],
    ["http://plain.example.", false],
    ["http://ported.example:8080", true],
    ["http://ported.example", false],
    ["http://localhost", true],
    ["http://localhost:81", false],
    ["http://127.0.0.1", false],
    ["http://[::1]", false],
    ["https://[::1]", true],
    ["https://[::1]:444", false],
    ["https://10.1.2.3", true],
    ["https://10.2.0.1", false],
    ["https://192.168.1.9:1234", true],
    ["http://192.168.1.9", false],
    ["http://[fd00::5]:90", true],
    ["https://[::ffff:10.1.2.3]", true],
  ];
  for (const [origin, allowed] of origins) t.equal(policy.allowsOrigin(origin), allowed, origin);
  const dials: [string, number, string, boolean][] = [
    ["inside.example", 443, "10.9.9.9", true],
    ["inside.example", 8443, "127.0.0.1", true],
    ["ported.example", 8080, "10.9.9.9", true],
    ["ported.example", 443, "10.9.9.9", false],
    ["outside.example", 443, "10.9.9.9", false],
    ["outside.example", 443, "10.1.9.9", true],
    ["outside.example", 443, "::ffff:10.1.9.9", true],
    ["outside.example", 443, "fd00::99", true],
    ["outside.example", 443, "fd01::99", false],
    ["outside.example", 443, "192.168.1.9", true],
    ["outside.example", 443, "", false],
    // A name may lead into a private network, not to what is special on every machine.
    ...["169.254.169.254", "::ffff:169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.0.0.0", "::"].map(
      (address): [string, number, string, boolean] => ["inside.example", 443, address, false],
    ),
    ...["::ffff:10.0.0.1", "::1", "fd12::1", "100.64.0.1", "192.168.0.1"].map(
      (address): [string, number, string, boolean] => ["inside.example", 443, address, true],
    ),
    ...["fe80::1%eth0", "ff02::1", "224.0.0.1", "255.255.255.255", "2002:a00:1::", "64:ff9b::a00:1"].map(
      (address): [string, number, string, boolean] => ["inside.example", 443, address, false],
    ),
  ];
  for (const [hostname, port, address, allowed] of dials) {
    t.equal(policy.allowsAddress({ hostname, port, address }), allowed, `${hostname}:${port} at ${address}`);
  }
  t.end();
});

void t.test("an entry that cannot be read is an error that names it", (t) => {
  for (const entry of [
    "",
    "http://a.example",
    "a.example/",
    "a.example:0",
    "a.example:99999",
    "a b",
    "*.example",
    "u@a",
  ]) {
    const wanted = { message: JSON.stringify(entry) };
    const isNamed = (run: () => unknown) => {
      const error = t.throws(run, EgressPolicyError, entry);
      t.match(error, { message: new RegExp(wanted.message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) });
    };
    isNamed(() => createEgressPolicy({ allowInsecure: [entry], allowPrivate: [] }));
  }
  for (const range of ["10.0.0.0/33", "10.0.0/8/8", "example.com/8", "/8", "10.0.0.0/"]) {
    t.throws(
      () => createEgressPolicy({ allowInsecure: [], allowPrivate: [range] }),
      EgressPolicyError,
      range,
    );
  }
  t.throws(
    () => createEgressPolicy({ allowInsecure: ["10.0.0.0/8"], allowPrivate: [] }),
    EgressPolicyError,
    "no ranges of plain HTTP",
  );
  t.end();
});
