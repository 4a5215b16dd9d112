#!/usr/bin/env node
console.error("cofferdam: not built yet");
process.exitCode = 1;
