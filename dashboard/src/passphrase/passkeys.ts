/** Whether this browser can open a keystore with a passkey of the device (WebAuthn with the PRF extension). */
export async function passkeysAvailable(): Promise<boolean> {
  if (!("PublicKeyCredential" in globalThis)) return false;
  try {
    // Not in every browser's type yet: https://www.w3.org/TR/webauthn-3/#sctn-getClientCapabilities
    const { getClientCapabilities } = PublicKeyCredential as {
      getClientCapabilities?: () => Promise<Readonly<Record<string, boolean>>>;
    };
    if (getClientCapabilities === undefined) return false;
    const can = await getClientCapabilities.call(PublicKeyCredential);
    return can["extension:prf"] === true && can.userVerifyingPlatformAuthenticator === true;
  } catch {
    return false;
  }
}
