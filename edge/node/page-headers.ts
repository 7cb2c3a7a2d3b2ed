/**
 * What a file of the page may do in a browser. Nothing comes from or goes to another origin, nothing runs that is not a
 * file of the page: whoever gets text into it still cannot send a key away.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  // The prover is WebAssembly; JavaScript made from text stays forbidden.
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Features of the platform that the page uses; every other one that browsers know of is off. */
const USED_FEATURES = [
  // A passkey may unlock the keystore.
  "publickey-credentials-create",
  "publickey-credentials-get",
  // Snippets are copied.
  "clipboard-write",
  // Threads of the prover share memory.
  "cross-origin-isolated",
];
const UNUSED_FEATURES = [
  "accelerometer",
  "autoplay",
  "browsing-topics",
  "camera",
  "clipboard-read",
  "display-capture",
  "encrypted-media",
  "fullscreen",
  "gamepad",
  "geolocation",
  "gyroscope",
  "hid",
  "identity-credentials-get",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "screen-wake-lock",
  "serial",
  "storage-access",
  "usb",
  "window-management",
  "xr-spatial-tracking",
];
const PERMISSIONS_POLICY = [
  ...USED_FEATURES.map((name) => `${name}=(self)`),
  ...UNUSED_FEATURES.map((name) => `${name}=()`),
].join(", ");

/** On every file, because a worker has the policy that its own script came with. */
const ON_EVERY_FILE = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  // The two that give `crossOriginIsolated`: without it the prover has one thread.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  // No other site takes the page's files, not even as an image.
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": PERMISSIONS_POLICY,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  // For what does not know `frame-ancestors`.
  "x-frame-options": "DENY",
};

/** Named after what is in them: vite's files (`name-hash.js`) and the SDK's folder (`sdk/hash/`). */
const NAMED_BY_CONTENT = /^\/(?:assets\/.+-[\w-]{8}\.\w+|sdk\/[\w-]{8,}\/.+)$/;

/** Types by the end of the name; `application/wasm` is what lets a browser compile while it loads. */
const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  gz: "application/gzip",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  mjs: "text/javascript; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

/**
 * The headers of a file of the page, but for those that depend on how it is sent (length, coding, ETag).
 *
 * `Strict-Transport-Security` is not among them: the edge speaks no TLS, and whoever does in front of it knows whether
 * the whole host is to be held to it.
 *
 * @param path - the path that the file is served at, `/assets/…`
 */
export function pageHeaders(path: string): Record<string, string> {
  return {
    ...ON_EVERY_FILE,
    "content-type": TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    // `no-cache` is: keep it, and ask each time whether it is still the one.
    "cache-control": NAMED_BY_CONTENT.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
  };
}
