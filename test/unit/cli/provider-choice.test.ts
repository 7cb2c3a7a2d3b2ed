import t from "tap";
import { chooseProvider } from "vaultproof/demo/provider-choice";
import { PROVIDERS } from "@vaultproof/protocol/providers";

void t.test("nothing set: the local provider and a random key", (t) => {
  t.same(chooseProvider({}), {
    provider: undefined,
    apiKey: undefined,
    call: { path: "/v1/models", headers: {} },
  });
  t.same(chooseProvider({ PROVIDER: " ", PROVIDER_KEY: "" }).provider, undefined);
  t.end();
});

void t.test("a key alone is stored for the local provider", (t) => {
  t.match(chooseProvider({ PROVIDER_KEY: " sk-mine " }), { provider: undefined, apiKey: "sk-mine" });
  t.end();
});

void t.test("every provider of the table can be called", (t) => {
  for (const provider of Object.keys(PROVIDERS)) {
    const choice = chooseProvider({ PROVIDER: provider, PROVIDER_KEY: "sk-mine" });
    t.equal(choice.provider, provider);
    t.match(choice.call.path, /^\/.*models$/);
  }
  t.end();
});

void t.test("an unknown provider, custom, and inherited names are refused with the list", (t) => {
  for (const provider of ["OpenAI", "custom", "toString", "__proto__"]) {
    t.throws(
      () => chooseProvider({ PROVIDER: provider, PROVIDER_KEY: "k" }),
      { code: "provider-invalid", message: /PROVIDER is not one of openai, anthropic/ },
      provider,
    );
  }
  t.end();
});

void t.test("a provider without a key, and a key that cannot be one, are refused without showing it", (t) => {
  t.throws(() => chooseProvider({ PROVIDER: "openai" }), {
    code: "provider-invalid",
    message: /PROVIDER_KEY/,
  });
  for (const key of ["sk-with space", "sk-ü", "k".repeat(4097)]) {
    try {
      chooseProvider({ PROVIDER_KEY: key });
      t.fail("must throw");
    } catch (error) {
      t.match(error, { code: "provider-invalid" });
      t.notOk(String(error).includes(key));
    }
  }
  t.end();
});
