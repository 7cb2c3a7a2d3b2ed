import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Test } from "tap";
import { temporaryFolder } from "./memory-vault.js";

/** A certificate for 127.0.0.1 and localhost, and the key to it, as PEM. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  /** Where the certificate lies, for `NODE_EXTRA_CA_CERTS`: it is its own authority. */
  readonly certPath: string;
}

/** Makes a certificate with the machine's OpenSSL, good for a day; its files go when the test ends. */
export async function makeCertificate(t: Test): Promise<TestCertificate> {
  const folder = await temporaryFolder(t);
  const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  await promisify(execFile)("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
    ...["-keyout", keyPath, "-out", certPath, "-subj", "/CN=vaultproof test"],
    ...["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
  ]);
  return { key: await readFile(keyPath, "utf8"), cert: await readFile(certPath, "utf8"), certPath };
}
