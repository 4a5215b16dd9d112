/**
 * Two at once keep two CPUs busy and leave the supervisor its share: a time verdict is void where the supervisor itself was late.
 * For the same reason no ship has a clock below 1.5 s: loading a module counts, and takes that long on a machine that has much else to do.
 */
export const SHIPS_AT_ONCE = 2;
