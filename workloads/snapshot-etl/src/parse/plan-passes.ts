/**
 * Which groups each pass over the payload takes, so that they come in the wanted order although a stream goes one way.
 * A profile in the usual order needs one pass; one that is written backwards needs one for each group.
 * @param wanted groups in the order they must be written
 * @param found groups in the order they stand in the payload; what is missing there takes no pass
 * @example planPasses(["troops", "pets", "teams"], ["pets", "troops", "teams"]) // [["troops"], ["pets", "teams"]]
 */
export function planPasses<Name extends string>(wanted: readonly Name[], found: readonly Name[]): readonly (readonly Name[])[] {
  const passes: Name[][] = [];
  let lastPlace = -1;
  for (const name of wanted) {
    const place = found.indexOf(name);
    if (place < 0) continue;
    const current = passes.at(-1);
    if (current === undefined || place < lastPlace) passes.push([name]);
    else current.push(name);
    lastPlace = place;
  }
  return passes;
}
