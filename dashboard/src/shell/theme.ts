/** What the page looks like: by the person's choice, or as the system does. */
export type Theme = "light" | "dark" | "system";

/** The only thing that the page keeps in localStorage. */
const STORAGE_KEY = "vaultproof-theme";

/** The theme chosen before; the system's where none was, or where the browser keeps nothing. */
export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(STORAGE_KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

/** Shows a theme, without keeping it. */
export function showTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Shows a theme and keeps it for the next visit. */
export function chooseTheme(theme: Theme): void {
  showTheme(theme);
  try {
    if (theme === "system") localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // A browser that keeps nothing shows it until the page is closed.
  }
}
