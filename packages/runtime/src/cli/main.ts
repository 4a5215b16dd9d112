#!/usr/bin/env node
// The door of the program. It imports nothing before it knows that this Node can run it.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`error: this Node.js is too old — cofferdam needs 24.15 or newer, this is ${process.versions.node}\n`);
  process.stderr.write("  next: install it from https://nodejs.org, or run: npx --package=node@24 --package=cofferdam cofferdam\n");
  process.exitCode = 1;
} else {
  const { runProgram } = await import("./run-program.ts");
  process.exitCode = await runProgram(process.argv.slice(2));
  // Everything is closed by now; what is forgotten must not keep the operator waiting.
  setTimeout(() => process.exit(), 2000).unref();
}
