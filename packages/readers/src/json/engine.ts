let misreads: boolean | null = null;

/**
 * True where JSON.parse can read an object's key with an escape in it as another key (V8, nodejs/node#63785: it goes by the shape of an object that was parsed before).
 * The key that it is tried with is one that nobody uses: trying must not bring about what it looks for.
 */
export function engineMisreadsEscapedKeys(): boolean {
  if (misreads !== null) return misreads;
  JSON.parse('{"cofferdam: tries escaped keys":[],"\\\\":0}');
  misreads = Object.keys(JSON.parse('{"cofferdam: tries escaped keys":1,"\\"":2}'))[1] !== '"';
  return misreads;
}
