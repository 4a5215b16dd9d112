import { CofferdamError, isAppControlMethod } from "../model/index.ts";
import type { Control } from "./ports.ts";

const ARGUMENTS_CHARACTERS_MAX = 16 * 1024 * 1024;

/** What a service asks for by message: only what is on the list, only JSON. @throws CofferdamError */
export async function callByName(control: Control, method: string, args: string): Promise<string> {
  if (!isAppControlMethod(method)) throw new CofferdamError("forbidden", `services may not ask for ${JSON.stringify(method)}`);
  if (args.length > ARGUMENTS_CHARACTERS_MAX) throw new CofferdamError("input_too_large", "the arguments are too large");
  const parsed: unknown = JSON.parse(args);
  if (!Array.isArray(parsed)) throw new CofferdamError("invalid_request", "the arguments must be a list");
  // A method checks what it is given, as it does for every caller.
  const answer: unknown = await Reflect.apply(control[method], control, parsed);
  return answer === undefined ? "" : JSON.stringify(answer);
}
