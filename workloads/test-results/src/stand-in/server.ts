import { startStandIn as startSite, type Answer, type FaultOrder, type StandIn as SiteStandIn } from "workload-stand-in";
import { findModule, moduleArtifacts, parentArtifacts, type Artifact } from "./artifacts.ts";
import { JENKINS_FAULTS } from "./faults.ts";
import { moduleBuildOf, parentBuildOf, timestampOf, type World } from "./world.ts";

export interface StandIn extends SiteStandIn {
  /** Address of the parent job. */
  readonly parentUrl: string;
}

/** A small Jenkins on loopback. @param port 0 picks a free one */
export async function startStandIn(world: World, port = 0): Promise<StandIn> {
  const hidden = createHidden();
  const site = await startSite(
    {
      answer: ({ path, headers }) => answer(path, `http://${headers.host ?? ""}`),
      faults: JENKINS_FAULTS,
      changes: ["missing-artifact"],
      change: (order) => hidden.change(order),
    },
    port,
  );
  return { ...site, parentUrl: `${site.url}/job/${world.parentName}/` };

  function answer(path: string, address: string): Answer | null {
    const match = /^\/job\/([^/]+)\/(?:(\d+)\/)?(api\/json|artifact\/(.+))$/.exec(path);
    if (match === null || hidden.hides(path)) return null;
    const [, name = "", number, , artifactPath] = match;
    if (number === undefined) return listBuilds(name);
    const artifacts = artifactsOf(name, Number(number));
    if (artifacts === null) return null;
    if (artifactPath === undefined) return json(describeBuild(name, Number(number), artifacts, address));
    const artifact = artifacts.find((each) => each.relativePath === artifactPath);
    return artifact === undefined ? null : { body: artifact.content() };
  }

  function listBuilds(name: string): Answer | null {
    const newestFirst = world.builds.toReversed();
    if (name === world.parentName) return json({ builds: newestFirst.map((number) => ({ number })) });
    return findModule(world, name) === undefined ? null : json({ builds: newestFirst.map((number) => ({ number: moduleBuildOf(number) })) });
  }

  function artifactsOf(name: string, number: number): Artifact[] | null {
    if (name === world.parentName) return world.builds.includes(number) ? parentArtifacts(world, moduleBuildOf(number)) : null;
    const module = findModule(world, name);
    return module === undefined || !world.builds.includes(parentBuildOf(number)) ? null : moduleArtifacts(module, parentBuildOf(number));
  }

  function describeBuild(name: string, number: number, artifacts: readonly Artifact[], address: string): object {
    const build = name === world.parentName ? number : parentBuildOf(number);
    return {
      displayName: `#${number} VER: ${world.release}.0.${build}`,
      url: `${address}/job/${name}/${number}/`,
      number,
      result: "UNSTABLE",
      timestamp: timestampOf(build),
      actions: [{}, { parameters: [{ name: "RUN_STAGING_TESTS_ONLY", value: build % 5 === 0 }] }],
      artifacts: artifacts
        .filter((each) => !hidden.hides(`/job/${name}/${number}/artifact/${each.relativePath}`))
        .map(({ relativePath }) => ({ relativePath, fileName: relativePath.split("/").at(-1) })),
    };
  }
}

/** Artifacts that are neither listed nor served, until the order is lifted. */
function createHidden() {
  const paths = new Set<string>();
  return {
    change({ fault, path = "" }: FaultOrder): boolean {
      if (fault === "none") paths.delete(path);
      if (fault === "missing-artifact") paths.add(path);
      return fault === "missing-artifact";
    },
    hides: (path: string): boolean => [...paths].some((part) => path.includes(part)),
  };
}

function json(value: object): Answer {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
