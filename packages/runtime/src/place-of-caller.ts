/** The line that called defineJob or the like: the third of the stack. Put into words when somebody asks: to word a stack is dear, and a worker never asks. */
export function placeOfCaller(): () => string {
  const where = new Error("where");
  return () => {
    const [, scheme, place = "unknown"] = /(?:\(|at (?:async )?)(file:\/\/)?(\/.+:\d+:\d+)\)?$/.exec(where.stack?.split("\n")[3] ?? "") ?? [];
    // A module's frame is a URL: what is no plain letter in its path is percent-encoded there.
    return scheme === undefined ? place : decodeURIComponent(place);
  };
}
