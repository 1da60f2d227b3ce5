// Which pictures are copies of each other: near hashes and near vectors propose, the grids of colours decide.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { joinClusters } from '../../compute/quality/clusters'
import { compareTiles } from '../../compute/quality/sameTiles'
import type { Compute } from '../../compute/thread/client'
import type { JobContext } from '../../jobs/runner'
import { joinHashes } from '../../store/measureStore'
import type { Store } from '../../store/openStore'

const hashWindow = 20_000
/** Pairs of pictures whose grids are compared between two turns. */
const compareWindow = 200

export interface PictureLink {
  first: number
  second: number
  /** Mean difference of colours, 0…255. */
  difference: number
  /** Null for the whole picture; else how much of a side the crop kept. */
  cropShare: number | null
}

export interface NearPictures {
  links: PictureLink[]
  /** Cluster of each picture that has copies. */
  clusterOf: Map<number, number>
}

/** @param proposals pairs of pictures that other means found alike */
export async function findNearPictures(store: Store, compute: Compute, proposals: readonly (readonly [number, number])[], context: JobContext): Promise<NearPictures> {
  const rows: { imageId: number; hashes: Uint8Array }[] = []
  for (let page = store.measures.listHashes(0, hashWindow); page.length; page = store.measures.listHashes(page.at(-1)!.imageId, hashWindow)) {
    rows.push(...page)
    await nextTurn()
  }
  const { imageIds, whole, inside } = joinHashes(rows)
  context.enterPhase('comparing pictures', rows.length * 2)
  const near = await compute.call('findNear', { whole, inside }, { signal: context.signal, onEvent: ({ done, total }) => context.report(done, total) })
  if (near.crowdedCount) context.log(`${near.crowdedCount} motifs are shared by so many pictures that not all of them were compared.`)
  const candidates = uniquePairs([...Array.from(near.firsts, (first, index): [number, number] => [imageIds[first]!, imageIds[near.seconds[index]!]!]), ...proposals])
  const links = await confirm(store, candidates, context)
  links.sort((a, b) => a.difference - b.difference || a.first - b.first || a.second - b.second)
  return { links, clusterOf: clusterPictures(links) }
}

function uniquePairs(pairs: readonly (readonly [number, number])[]): [number, number][] {
  const sorted = pairs.map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a])).filter(([a, b]) => a !== b).sort((x, y) => x[0] - y[0] || x[1] - y[1])
  return sorted.filter((pair, index) => index === 0 || pair[0] !== sorted[index - 1]![0] || pair[1] !== sorted[index - 1]![1])
}

async function confirm(store: Store, candidates: [number, number][], context: JobContext): Promise<PictureLink[]> {
  context.enterPhase('confirming copies', candidates.length)
  const links: PictureLink[] = []
  for (let start = 0; start < candidates.length; start += compareWindow) {
    context.signal.throwIfAborted()
    const window = candidates.slice(start, start + compareWindow)
    const tiles = store.measures.getTiles([...new Set(window.flat())])
    for (const [first, second] of window) {
      const [a, b] = [tiles.get(first), tiles.get(second)]
      if (!a || !b) continue
      const { isSame, cropShare, meanDifference } = compareTiles(a, b)
      if (isSame) links.push({ first, second, difference: meanDifference, cropShare })
    }
    context.report(Math.min(start + compareWindow, candidates.length))
    await nextTurn()
  }
  return links
}

function clusterPictures(links: readonly PictureLink[]): Map<number, number> {
  const ids = [...new Set(links.flatMap(({ first, second }) => [first, second]))].sort((a, b) => a - b)
  const indexOf = new Map(ids.map((id, index) => [id, index]))
  const clusters = joinClusters(ids.length, links.map(({ first, second }): [number, number] => [indexOf.get(first)!, indexOf.get(second)!]))
  return new Map(clusters.flatMap((members, cluster) => members.map((index): [number, number] => [ids[index]!, cluster + 1])))
}
