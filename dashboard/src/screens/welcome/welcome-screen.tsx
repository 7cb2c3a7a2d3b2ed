/** What stands before an empty keystore: create a developer key, or bring one here. */
export function WelcomeScreen() {
  return <h1>Welcome</h1>;
}
