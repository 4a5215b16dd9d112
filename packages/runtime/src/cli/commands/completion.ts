import { CofferdamError, suggestName } from "../../model/index.ts";
import { bashScript, fishScript, wordsOf, zshScript } from "../completion-scripts.ts";
import type { CommandContext } from "../program.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export async function completion({ terminal, program }: CommandContext, shell: string): Promise<number> {
  const script = shell === "bash" || shell === "zsh" || shell === "fish" ? SCRIPTS[shell] : null;
  if (script === null) {
    const shells = Object.keys(SCRIPTS);
    throw new CofferdamError("invalid_option", `there is no completion for ${JSON.stringify(shell)}${suggestName(shell, shells)}`, { hint: `Shells are: ${shells.join(", ")}.` });
  }
  terminal.data(script(wordsOf(program)));
  return 0;
}
