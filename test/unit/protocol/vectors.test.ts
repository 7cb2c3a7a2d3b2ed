import t from "tap";
import { deriveKeyPair, sharedSecret } from "../../vectors/independent/hpke.js";
import { makeAllVectors, vectorText } from "../../vectors/independent/all-vectors.js";
import { readVectorText } from "../../helpers/vectors.js";

void t.test("the committed vectors are what the independent implementation makes", async (t) => {
  const vectors = Object.entries(await makeAllVectors());
  t.equal(vectors.length, 15);
  for (const [name, content] of vectors) t.equal(vectorText(content), readVectorText(name), name);
});

void t.test("its KEM is that of RFC 9180, appendix A.1.1", (t) => {
  const hex = (text: string) => Buffer.from(text, "hex");
  const ephemeral = deriveKeyPair(hex("7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234"));
  const recipient = deriveKeyPair(hex("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037"));
  t.equal(
    ephemeral.privateKey.toString("hex"),
    "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
  );
  t.equal(
    ephemeral.publicKey.toString("hex"),
    "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
  );
  t.equal(
    recipient.publicKey.toString("hex"),
    "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
  );
  t.equal(
    sharedSecret(
      ephemeral.privateKey,
      recipient.publicKey,
      ephemeral.publicKey,
      recipient.publicKey,
    ).toString("hex"),
    "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
  );
  t.end();
});
