import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { Duplex } from "node:stream";
import type { ExitStatus, LaunchFailure } from "../model/index.ts";
import { failureOf, STUB_DESCRIPTOR } from "./launch.ts";

export interface ExitWatch {
  readonly promise: Promise<ExitStatus>;
  isOver(): boolean;
  /** We are ending the tree: how the outermost process dies says nothing of the program any more. */
  killing(): void;
}

/** The program's own end: what the stub says, else how the process that we started ended. */
export function watchExit(child: ChildProcess | null, failure: LaunchFailure | null, onLateFailure: (failure: LaunchFailure) => void): ExitWatch {
  let isOver = false;
  let isKilling = false;
  const promise = new Promise<ExitStatus>((resolve) => {
    const finish = (status: ExitStatus): void => {
      isOver = true;
      resolve(status);
    };
    if (child === null) {
      finish({ code: failure === null ? null : failureCode(failure), signal: null });
      return;
    }
    let said = "";
    const stub = duplexOf(Array.from<unknown>(child.stdio)[STUB_DESCRIPTOR]);
    if (stub !== null) {
      stub.on("error", () => undefined);
      stub.on("data", (chunk: Buffer) => {
        said += chunk.toString("latin1");
        const status = parseStub(said);
        if (status !== null) finish(status);
      });
    }
    child.once("error", (error) => {
      const late = failureOf(error);
      onLateFailure(late);
      finish({ code: failureCode(late), signal: null });
    });
    child.once("exit", (code, signal) => {
      if (said.trimStart().startsWith("join-failed")) onLateFailure({ code: "OTHER", message: "the process could not join its cgroup" });
      const status = isKilling ? { code: null, signal: "SIGKILL" } : { code, signal };
      // What the stub said may still be in the pipe: read it first.
      if (stub !== null && !stub.destroyed) setImmediate(() => finish(status));
      else finish(status);
    });
  });
  return {
    promise,
    isOver: () => isOver,
    killing() {
      isKilling = true;
    },
  };
}

function failureCode(failure: LaunchFailure): number {
  return failure.code === "EACCES" || failure.code === "E2BIG" ? 126 : 127;
}

/** "code 3", or "Killed" and then "code 137". */
function parseStub(said: string): ExitStatus | null {
  const match = /(?:^|\n)code (\d+)\n/.exec(said);
  if (match === null) return null;
  const code = Number(match[1]);
  const saysSignal = said.slice(0, match.index).trim() !== "";
  const number = code - 128;
  // Shells are silent about SIGINT and SIGPIPE.
  if (number > 0 && (saysSignal || number === constants.signals.SIGINT || number === constants.signals.SIGPIPE)) return { code: null, signal: signalName(number) };
  return { code, signal: null };
}

function signalName(number: number): string {
  for (const [name, value] of Object.entries(constants.signals)) if (value === number && name !== "SIGIOT" && name !== "SIGPOLL" && name !== "SIGCLD") return name;
  return `SIG${number}`;
}

/** A pipe of a child beyond its three standard streams, if it is one. */
export function duplexOf(stream: unknown): Duplex | null {
  return stream !== null && typeof stream === "object" && "readable" in stream && "write" in stream ? (stream as unknown as Duplex) : null;
}
