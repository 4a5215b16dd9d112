// A bare child: starts and ends.
process.exitCode = 0;
