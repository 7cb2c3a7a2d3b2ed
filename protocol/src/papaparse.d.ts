// The few functions that are used here. The package's own types would bring those of Node with them, and this package
// compiles without.
declare module "papaparse" {
  const Papa: {
    parse(
      text: string,
      options: { readonly delimiter: string; readonly header: false; readonly skipEmptyLines: boolean },
    ): { readonly data: string[][]; readonly errors: readonly unknown[] };
    unparse(rows: readonly (readonly string[])[], options: { readonly newline: string }): string;
  };
  export default Papa;
}
