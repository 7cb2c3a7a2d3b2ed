/** The screen "Playground". */
export function PlaygroundScreen() {
  return <h1>Playground</h1>;
}
