import { RefusedTarget } from "../guard/guard.ts";
import { EncodingProblem } from "./read-body.ts";

/** A plain request that was not enough, in the words of the record. */
export class FetchFailure extends Error {
  override readonly name = "FetchFailure";
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS_CERT|HOSTNAME_MISMATCH/i;
const TLS = /^ERR_(SSL|TLS)|EPROTO/;

/** Words a failed request: what kind of trouble it is stands first. */
export function describeFailure(error: unknown, host: string): string {
  const cause = rootOf(error);
  if (error instanceof FetchFailure || cause instanceof FetchFailure) return cause.message;
  if (cause instanceof RefusedTarget || cause instanceof EncodingProblem) return cause.message;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (CERTIFICATE.test(code) || /certificate/i.test(cause.message)) return `SSL: certificate of ${host} was not accepted (${code || cause.message})`;
  if (TLS.test(code)) return `SSL: no secure connection to ${host} (${code})`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EAI_FAIL") return `DNS: ${host} was not found (${code})`;
  if (code === "ECONNREFUSED") return `Connection refused by ${host}`;
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET" || code === "EPIPE") return `Connection to ${host} was cut`;
  if (code === "ETIMEDOUT" || code === "UND_ERR_CONNECT_TIMEOUT") return `Connection to ${host} timed out`;
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return `Network: ${host} is unreachable (${code})`;
  return `Network: ${host}: ${code === "" ? "" : `${code} `}${cause.message.split("\n")[0] ?? ""}`;
}

/** The innermost cause, but no deeper than what is worded already; of several (one for each address) the first. */
export function rootOf(error: unknown): Error {
  if (error instanceof FetchFailure || error instanceof EncodingProblem || error instanceof RefusedTarget) return error;
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return rootOf(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error && !hasSystemCode(error)) return rootOf(error.cause);
  return error instanceof Error ? error : new Error(String(error));
}

function hasSystemCode(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && !error.code.startsWith("UND_ERR_");
}
