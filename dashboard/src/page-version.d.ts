/** Version of the page's package, put in by the build. */
declare const __PAGE_VERSION__: string;
