/** The screen "Keys". */
export function KeysScreen() {
  return <h1>Keys</h1>;
}
