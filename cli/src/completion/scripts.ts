import type { Command } from "commander";

/** Shells that scripts are made for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What may follow some words: commands with what they do, or options. */
interface Place {
  /** The words before, behind `vaultproof`. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly about: string }[];
}

/** A script for one shell, from the commands as they are registered. */
export function completionScript(shell: Shell, program: Command): string {
  const places = placesOf(program, []);
  if (shell === "bash") return bash(places);
  if (shell === "zsh") return `autoload -Uz bashcompinit && bashcompinit\n${bash(places)}`;
  return fish(places);
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const subcommands = command.commands.map((sub) => ({ word: sub.name(), about: sub.description() }));
  const options = command.options.flatMap(({ long, description }) =>
    long === undefined ? [] : [{ word: long, about: description }],
  );
  const help = { word: "--help", about: "show help" };
  return [
    { path: path.join(" "), words: [...subcommands, ...options, help] },
    ...command.commands.flatMap((sub) => placesOf(sub, [...path, sub.name()])),
  ];
}

function bash(places: readonly Place[]): string {
  const cases = places.map(
    ({ path, words }) => `    "${path}") words="${words.map(({ word }) => word).join(" ")}" ;;`,
  );
  return `# Completion of vaultproof. Made by: vaultproof completion
_vaultproof() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in -*) continue ;; esac
    case " ${places.map(({ path }) => path.replaceAll(" ", "/")).join(" ")} " in
      *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;;
    esac
  done
  case "\${path//\\// }" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _vaultproof vaultproof
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) => {
    const parts = path.split(" ").filter((part) => part !== "");
    const children = words.filter(({ word }) => !word.startsWith("-")).map(({ word }) => word);
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`);
    const notYet = children.length === 0 ? [] : [`not __fish_seen_subcommand_from ${children.join(" ")}`];
    const condition = [...seen, ...notYet].join("; and ");
    return words.map(({ word, about }) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c vaultproof -n '${condition}' ${what} -d '${about.replaceAll(/['\\]/g, "")}'`;
    });
  });
  return `# Completion of vaultproof. Made by: vaultproof completion\n${lines.join("\n")}\n`;
}
