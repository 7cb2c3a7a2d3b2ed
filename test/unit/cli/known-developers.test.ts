import t from "tap";
import { configFolder, writePrivateFile } from "vaultproof/state/config-folder";
import { initOwners, ownerOf } from "vaultproof/state/init-owners";
import { knownDevelopers, rememberDeveloper } from "vaultproof/state/known-developers";
import { saveProfile } from "vaultproof/state/profile";

const [A, B, C] = ["A".repeat(43), "B".repeat(43), "C".repeat(43)];
const url = "https://vault.example";

void t.test("whoever is replaced stays known, with the service that they used", async (t) => {
  const folder = configFolder({ VAULTPROOF_CONFIG_DIR: t.testdir() });
  t.same(await knownDevelopers(folder), []);
  await rememberDeveloper(folder);
  t.same(await knownDevelopers(folder), [], "nobody was logged in");
  const one = { developerId: A, url, serverIdentity: C };
  const two = { developerId: B, url: "https://another.example" };
  await saveProfile(folder, { format: 1, ...one });
  await rememberDeveloper(folder);
  await saveProfile(folder, { format: 1, ...two });
  t.same(await knownDevelopers(folder), [two, one]);
  await rememberDeveloper(folder);
  await saveProfile(folder, { format: 1, ...one });
  t.same(await knownDevelopers(folder), [one, two], "and back");
});

void t.test("whoever was replaced before that list was kept is in what init wrote", async (t) => {
  const folder = configFolder({ VAULTPROOF_CONFIG_DIR: t.testdir() });
  const id = "0123456789abcdef";
  const record = { format: 1, id, folder: "/p", developerId: A, url, keys: [] };
  await writePrivateFile(folder.file("init", `${id}.json`), JSON.stringify(record));
  await saveProfile(folder, { format: 1, url, serverIdentity: C, developerId: B });
  const known = { url, serverIdentity: C };
  t.same(await knownDevelopers(folder), [
    { ...known, developerId: B },
    { ...known, developerId: A },
  ]);
  const owners = await initOwners(folder);
  t.equal(ownerOf(owners, id), A);
  t.equal(ownerOf(owners, `${id}-2`), A, "a second project of the same folder");
  t.equal(ownerOf(owners, "fedcba9876543210"), undefined);
});
