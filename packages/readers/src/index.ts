/** Placeholder of the package's door until the XML reader is in. */
export const READERS = "cofferdam-readers";
