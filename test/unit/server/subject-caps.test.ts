import t from "tap";
import { keyList, makeBackendKey } from "../../helpers/identity-keys.js";
import { setIdentityStage } from "../../helpers/identity-stage.js";

// Caps of `identity`: each subject has its own count, within the slot or within the app's grant.

const key = makeBackendKey("EdDSA");
const identity = { accept: ["idSignature"], keys: keyList(key) };
const USED_UP = (name: string) => `429 ${name} of the subject`;

void t.test("each subject is counted for itself, in slot and grant alike", async (t) => {
  const stage = await setIdentityStage(t);
  const callAs = async (subject: string) =>
    await stage.call({ idSignature: await stage.idSignature(key, { subject }) });
  for (const where of ["slot", "grant"]) {
    for (const name of ["perMinute", "perDay", "perMonth"]) {
      // A subject of its own each time: what was counted stays.
      const [alice, bob] = [`alice ${where} ${name}`, `bob ${where} ${name}`];
      await stage.restrict({ [where]: { identity: { ...identity, [name]: 2 } } });
      t.equal(await callAs(alice), null);
      t.equal(await callAs(alice), null);
      t.equal(await callAs(alice), USED_UP(name), `${where} ${name}`);
      t.equal(await callAs(bob), null, "another subject");
      t.equal(await callAs(alice.toUpperCase()), null, "subjects are compared as they are");
    }
  }
});

void t.test("a subject that is refused does not use up what others have together", async (t) => {
  const stage = await setIdentityStage(t);
  const callAs = async (subject: string) =>
    await stage.call({ idSignature: await stage.idSignature(key, { subject }) });
  await stage.restrict({ slot: { perDay: 3 }, grant: { identity: { ...identity, perDay: 1 } } });
  t.equal(await callAs("alice"), null);
  for (let i = 0; i < 5; i++) t.equal(await callAs("alice"), USED_UP("perDay"));
  t.equal(await callAs("bob"), null);
  t.equal(await callAs("carol"), null);
  t.equal(await callAs("dave"), "429 perDay of the key slot");
});

void t.test("a stored cap of subjects that cannot be read refuses", async (t) => {
  const stage = await setIdentityStage(t);
  for (const perDay of [0, "5", null, 1.5]) {
    await stage.restrict({ grant: { identity: { ...identity, perDay } } });
    const auth = { idSignature: await stage.idSignature(key) };
    t.equal(await stage.call(auth), "403 Restriction not supported", JSON.stringify(perDay));
  }
});
