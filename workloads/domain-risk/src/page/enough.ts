/** Less text than this is no page. */
export const ENOUGH_CHARS = 500;
