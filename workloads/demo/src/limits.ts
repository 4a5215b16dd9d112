/** Two at once keep two CPUs busy and leave the supervisor its share: a time verdict is void where the supervisor itself was late. */
export const SHIPS_AT_ONCE = 2;
