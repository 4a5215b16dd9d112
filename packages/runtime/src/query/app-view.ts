import type { AppView } from "../service/index.ts";
import { seconds } from "./time.ts";

export function renderApp({ name, description, access, timeoutMs, service, state, address }: AppView) {
  return { name, description, path: `/apps/${name}/`, access, timeout_seconds: seconds(timeoutMs), service, state, answers: address !== null };
}
