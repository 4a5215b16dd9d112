import type { Command } from "commander";

/** What may follow a command: its own path ("" for the program itself, "quarantine list"), subcommands and options. */
export interface CommandWords {
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly long: string; readonly description: string }[];
}

/** The command tree as plain rows, parents first. */
export function wordsOf(command: Command, path = ""): readonly CommandWords[] {
  const commands = command.commands.map((child) => ({ name: child.name(), description: child.description() }));
  const options = [
    ...command.options.map((option) => ({ long: option.long ?? option.flags, description: option.description })),
    { long: "--help", description: "display help for command" },
  ];
  return [{ path, commands, options }, ...command.commands.flatMap((child) => wordsOf(child, `${path} ${child.name()}`.trim()))];
}

function candidates(row: CommandWords): string {
  return [...row.commands.map((command) => command.name), ...row.options.map((option) => option.long)].join(" ");
}

function cases(rows: readonly CommandWords[]): string {
  return rows.map((row) => `    "${row.path}") words="${candidates(row)}" ;;`).join("\n");
}

/** Cases of the command words typed so far that lead further: "quarantine" "list" is a path, "show j_1" is not. */
function paths(rows: readonly CommandWords[]): string {
  return rows
    .filter((row) => row.path !== "")
    .map((row) => `"${row.path}"`)
    .join("|");
}

export function bashScript(rows: readonly CommandWords[]): string {
  return `# bash completion of cofferdam: source <(cofferdam completion bash)
_cofferdam() {
  local path="" word words="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "\${path:+$path }$word" in
      ${paths(rows)}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases(rows)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _cofferdam cofferdam
`;
}

export function zshScript(rows: readonly CommandWords[]): string {
  return `#compdef cofferdam
# zsh completion of cofferdam: source <(cofferdam completion zsh)
_cofferdam() {
  local path_so_far="" word candidates="" index
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    case "\${path_so_far:+$path_so_far }$word" in
      ${paths(rows)}) path_so_far="\${path_so_far:+$path_so_far }$word" ;;
    esac
  done
  case "$path_so_far" in
${cases(rows).replaceAll('words="', 'candidates="')}
  esac
  compadd -- \${=candidates} || _files
}
compdef _cofferdam cofferdam
`;
}

export function fishScript(rows: readonly CommandWords[]): string {
  const lines = rows.flatMap((row) => {
    const condition = fishCondition(row, rows);
    return [
      ...row.commands.map((command) => `complete -c cofferdam -n ${condition} -f -a ${command.name} -d ${fishText(command.description)}`),
      ...row.options.map((option) => `complete -c cofferdam -n ${condition} -l ${option.long.replace(/^--/, "")} -d ${fishText(option.description)}`),
    ];
  });
  return `# fish completion of cofferdam: cofferdam completion fish | source\n${lines.join("\n")}\n`;
}

function fishCondition(row: CommandWords, rows: readonly CommandWords[]): string {
  if (row.path === "") return "__fish_use_subcommand";
  const seen = row.path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const deeper = rows.filter((other) => other.path.startsWith(`${row.path} `)).map((other) => other.path.split(" ").at(-1) ?? "");
  return fishText([...seen, ...(deeper.length === 0 ? [] : [`not __fish_seen_subcommand_from ${deeper.join(" ")}`])].join("; and "));
}

function fishText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
