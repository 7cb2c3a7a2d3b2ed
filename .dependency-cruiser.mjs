/** Who may import whom: docs/architecture.md. Checked on the compiled sources' TypeScript. */
const packages = ["protocol", "circuits", "db", "edge", "server", "client-sdk", "cli", "dashboard"];

/** What each package may import of the others; everything else of ours is forbidden to it. */
const allowed = {
  protocol: [],
  circuits: [],
  db: [],
  edge: ["protocol"],
  server: ["protocol", "db", "circuits"],
  "client-sdk": ["protocol", "circuits"],
  cli: ["client-sdk", "protocol", "server", "edge"],
  dashboard: ["client-sdk", "protocol"],
};

const betweenPackages = packages.map((name) => ({
  name: `${name}-imports-only-its-own`,
  severity: "error",
  from: { path: `^${name}/` },
  to: {
    path:
      "^(?:" + packages.filter((other) => other !== name && !allowed[name].includes(other)).join("|") + ")/",
  },
}));

/** Third-party modules a package may import, by the name in node_modules. */
const thirdParty = {
  protocol: [
    "zod",
    "@zkpassport/poseidon2",
    "@hpke/",
    "canonicalize",
    "@noble/",
    "@scure/base",
    "structured-headers",
    "papaparse",
  ],
  db: ["pg", "@types/pg", "@electric-sql/pglite"],
};

const onlyThirdParty = Object.entries(thirdParty).map(([name, modules]) => ({
  name: `${name}-third-party`,
  severity: "error",
  from: { path: `^${name}/src/` },
  to: { path: "node_modules/", pathNot: `node_modules/(?:${modules.join("|")})` },
}));

export default {
  forbidden: [
    ...betweenPackages,
    ...onlyThirdParty,
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-tests-in-packages",
      severity: "error",
      from: { path: `^(?:${packages.join("|")})/` },
      to: { path: "^(?:test|bench)/" },
    },
    {
      name: "web-standard-core",
      comment: "These run in browsers and workers.",
      severity: "error",
      from: { path: "^(?:protocol/src|edge/src|client-sdk/src|client-sdk/browser|dashboard/src)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "edge-stays-small",
      severity: "error",
      from: { path: "^edge/src/" },
      to: { path: "node_modules/(?:zod|@aztec|pg|@noir-lang|@hpke|@zkpassport)/", reachable: true },
    },
    {
      name: "server-never-proves",
      comment: "The server verifies; prover and program stay with clients.",
      severity: "error",
      from: { path: "^server/src/" },
      to: { path: "(?:node_modules/@noir-lang/|circuits/(?:src|dist/src)/key-auth-program)" },
    },
    {
      name: "db-knows-no-http",
      severity: "error",
      from: { path: "^db/" },
      to: { path: "^(?:http|https|net|http2)$", dependencyTypes: ["core"] },
    },
    { name: "not-to-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules/(?!@vaultproof)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
    },
  },
};
