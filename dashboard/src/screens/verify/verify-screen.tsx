/** The screen "Verify". */
export function VerifyScreen() {
  return <h1>Verify</h1>;
}
