import { readXml, ReaderError } from "@cofferdam/readers";
import { WorkError } from "../errors.ts";

class RootSeen extends Error {}

/** Looks at a document's first element only. @throws WorkError `not_junit` */
export async function assertJunitRoot(path: string): Promise<void> {
  let root = "";
  try {
    await readXml(path, {
      open({ name }) {
        root = name;
        throw new RootSeen();
      },
    });
  } catch (error) {
    if (error instanceof ReaderError) throw new WorkError("not_junit", `this is not an XML report: ${error.message}`, error);
    if (!(error instanceof RootSeen)) throw error;
  }
  if (root !== "testsuites" && root !== "testsuite") throw new WorkError("not_junit", `the root element is <${root}>, not <testsuites> or <testsuite>`);
}
