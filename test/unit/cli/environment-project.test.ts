import t from "tap";
import { assertOwnToken, environmentProject } from "vaultproof/gateway/environment-project";
import { fixedProjects, withFixed } from "vaultproof/gateway/served-projects";
import { startGateway } from "vaultproof/gateway/start-gateway";
import { gatewayTokenDigest, newGatewayToken } from "vaultproof/projects/gateway-token";
import { createMemoryVault } from "../../helpers/memory-vault.js";

await t.test(
  "bundles of the environment are served under a token of their own, beside projects",
  async (t) => {
    const memory = await createMemoryVault(t);
    const { bundle } = await memory.openStoredApp();
    const { url, fetch: toService } = memory.service;
    const VAULTPROOF_BUNDLE = `web=${bundle},my-llm=${bundle}`;
    const env = { VAULTPROOF_URL: url, VAULTPROOF_BUNDLE };
    const given = environmentProject(env, { folder: "/here", apps: [] });
    if (given?.newToken === undefined) throw new Error("there is a token");
    const kept = { folder: "/kept", tokenDigest: gatewayTokenDigest(newGatewayToken()), slots: new Map() };
    const gateway = await startGateway({
      port: 0,
      prover: memory.prover,
      bodyLimit: 1000,
      projects: () => Promise.resolve(withFixed(fixedProjects([kept]), [given.project])),
      service: { fetch: toService, close: () => undefined },
    });
    t.teardown(() => gateway.close(0));
    const status = async (path: string, token?: string): Promise<number> => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(gateway.url + path, { headers });
      await response.text();
      return response.status;
    };
    t.equal(await status("/my-llm/v1/models", given.newToken), 200);
    t.equal(await status("/web/v1/models", given.newToken), 200);
    t.equal(await status("/other/v1/models", given.newToken), 404);
    t.equal(await status("/my-llm/v1/models"), 401);
    t.equal(await status("/my-llm/v1/models", newGatewayToken()), 401);

    t.equal(environmentProject({}, { folder: "/here", apps: [] }), undefined);
    t.equal(
      environmentProject(env, { folder: "/here", apps: ["nobody"] }),
      undefined,
      "as projects are left out",
    );
    const twice = { ...env, VAULTPROOF_BUNDLE: `${bundle},${bundle}` };
    t.throws(() => environmentProject(twice, { folder: "/here", apps: [] }), { code: "app-unclear" });

    const token = newGatewayToken();
    const own = environmentProject(
      { ...env, VAULTPROOF_GATEWAY_TOKEN: token },
      { folder: "/here", apps: [] },
    );
    if (own === undefined) throw new Error("there are bundles");
    t.equal(own.project.tokenDigest, gatewayTokenDigest(token));
    t.equal(own.newToken, undefined, "whoever gave it knows it");
    for (const bad of ["short", token.slice(0, -1), `${token}x`, `x${token}`]) {
      const set = { ...env, VAULTPROOF_GATEWAY_TOKEN: bad };
      t.throws(() => environmentProject(set, { folder: "/here", apps: [] }), {
        code: "configuration-invalid",
      });
    }
    assertOwnToken(own, [kept]);
    const same = { ...kept, tokenDigest: own.project.tokenDigest };
    t.throws(() => assertOwnToken(own, [same]), {
      code: "configuration-invalid",
      message: /in \/kept; give/,
    });
  },
);
