// A bare child: starts and ends.
