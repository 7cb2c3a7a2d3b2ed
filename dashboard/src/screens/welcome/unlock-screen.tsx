/** What stands before a locked keystore. */
export function UnlockScreen() {
  return <h1>Unlock</h1>;
}
