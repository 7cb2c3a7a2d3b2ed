import "./icon.css";

/** Outlines on a field of 24 units, drawn for this page; strokes take the colour of the text. */
const PATHS = {
  keys: "M15.5 3.5a5 5 0 1 1-4.6 7L3.5 18v2.5H7v-2h2v-2h2l1.6-1.6M16.5 7.5h.01",
  playground: "M7 4.5v15l12-7.5z",
  logs: "M4 6h16M4 12h16M4 18h10",
  verify: "M12 3l7.5 3v5.5c0 4.6-3.1 8-7.5 9.5-4.4-1.5-7.5-4.9-7.5-9.5V6zM8.5 12l2.5 2.5 4.5-5",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  lock: "M6 11h12v9.5H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  system: "M3 4.5h18v12H3zM8.5 20.5h7M12 16.5v4",
  info: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v5.5M12 7.5h.01",
  check: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM8 12.2l2.8 2.8L16 9.5",
  warning: "M12 3.5l9.5 17h-19zM12 10v5M12 17.5h.01",
  stop: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM9 9l6 6M15 9l-6 6",
  copy: "M9 9h11v11H9zM5.5 15H4V4h11v1.5",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 20h15",
  offline:
    "M3 3l18 18M8.5 15.5a5 5 0 0 1 6-.7M5 12a10 10 0 0 1 4-2.4M19 12a10 10 0 0 0-5-2.8M2 8.5a15 15 0 0 1 4-2.5M22 8.5A15 15 0 0 0 11 5M12 19h.01",
} as const;

export type IconName = keyof typeof PATHS;

/** A small drawing beside words, never instead of them: hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
