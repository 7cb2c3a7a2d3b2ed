import { useEffect, useState } from "preact/hooks";
import { Icon } from "../ui/icon.js";
import { chooseTheme, readTheme, type Theme } from "./theme.js";
import "./theme-choice.css";

const CHOICES = [
  { theme: "system", name: "As the system", icon: "system" },
  { theme: "light", name: "Light", icon: "sun" },
  { theme: "dark", name: "Dark", icon: "moon" },
] as const;
const listeners = new Set<(theme: Theme) => void>();

/** Light, dark or as the system; `named` shows the words beside the drawings. */
export function ThemeChoice({ named = false }: { readonly named?: boolean }) {
  const [chosen, setChosen] = useState(readTheme);
  // The choice stands in two places of the page.
  useEffect(() => {
    listeners.add(setChosen);
    return () => void listeners.delete(setChosen);
  }, []);
  const choose = (theme: Theme) => {
    chooseTheme(theme);
    for (const listener of listeners) listener(theme);
  };
  return (
    <div
      class={named ? "theme-choice theme-choice-named" : "theme-choice"}
      role="group"
      aria-label="Appearance"
    >
      {CHOICES.map(({ theme, name, icon }) => (
        <button
          key={theme}
          type="button"
          aria-pressed={chosen === theme}
          aria-label={name}
          title={name}
          onClick={() => choose(theme)}
        >
          <Icon name={icon} />
          {named && <span>{name}</span>}
        </button>
      ))}
    </div>
  );
}
