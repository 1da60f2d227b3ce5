// A project with known defects: good pictures with captions, and among them copies, poor pictures, poor texts and leaks.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { createEngine, createEngineClient, type Engine, type EngineClient } from '../../src/main/engine/engine'
import { takePicture } from '../../src/main/engine/services/pictureIntake'
import { createStore, type Store } from '../../src/main/engine/store/openStore'
import type { PairRow } from '../../src/main/engine/store/pairStore'
import type { FindingKind } from '../../src/shared/quality/findingKinds'
import { writeResources } from './colourProject'
import { FakeCompute } from './fakeCompute'
import { pairRow } from './pairRows'
import { cropped, scenery } from './scenery'

export interface QualityProject {
  engine: Engine
  client: EngineClient
  /** Pair id to the kinds that a check must find, by what was done to it; pairs that are not in it are sound. */
  planted: Map<number, FindingKind[]>
  /** Pair id to a name of what was done, for messages. */
  names: Map<number, string>
  check(): Promise<void>
  /** Pairs found of a kind, ascending. */
  found(kind: FindingKind): Promise<number[]>
  dispose(): Promise<void>
}

const things = ['dog', 'boat', 'tower', 'garden', 'train', 'bridge', 'market', 'kitchen', 'forest', 'harbour', 'church', 'meadow', 'castle', 'street', 'river', 'window']
const places = ['beside an old stone wall', 'under a cloudy evening sky', 'in front of a white house', 'near the edge of the water', 'seen from above in winter', 'with a crowd of people around it']
export const soundCaption = (index: number): string => `a ${things[index % things.length]} ${places[Math.floor(index / things.length) % places.length]}, number ${index}`

/** @param goodCount sound pairs, a tenth of them for testing */
export async function openQualityProject(goodCount: number, plant: (project: Planter) => Promise<void>): Promise<QualityProject> {
  const dir = mkdtempSync(join(tmpdir(), 'fuselip-quality-'))
  await writeResources(join(dir, 'resources'))
  const filling = createStore(join(dir, 'project'), { name: 'Quality', isSample: false })
  const planter = new Planter(filling)
  for (let index = 0; index < goodCount; index++) {
    await planter.addPicture(await scenery(index + 1, 320, 240), { rightText: soundCaption(index), split: index % 10 === 9 ? 'test' : 'train' }, 'sound', [])
  }
  await plant(planter)
  filling.close()
  const compute = new FakeCompute()
  const engine = await createEngine({ projectDir: join(dir, 'project'), dataDir: join(dir, 'data'), resourcesDir: join(dir, 'resources'), computeScript: '', host: 'cli', compute })
  const client = createEngineClient(engine)
  return {
    engine, client, planted: planter.planted, names: planter.names,
    check: async () => {
      const { jobId } = await client.quality.check({})
      const job = await engine.services.jobs.wait(jobId)
      if (job.state !== 'done') throw new Error(`${job.state}: ${job.error?.message}`)
    },
    found: async (kind) => (await client.quality.listFindings({ kind, limit: 200 })).findings.map(({ pair }) => pair.id).sort((a, b) => a - b),
    dispose: async () => {
      await engine.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export class Planter {
  readonly planted = new Map<number, FindingKind[]>()
  readonly names = new Map<number, string>()

  constructor(readonly store: Store) {}

  async addPicture(bytes: Uint8Array, row: Partial<PairRow>, name: string, kinds: FindingKind[]): Promise<number> {
    const leftImageId = this.store.images.ensure(await takePicture(this.store.files, bytes, `${name}.jpg`, { withThumbnail: false }))
    return this.addPair({ leftImageId, leftText: null, rightImageId: null, ...row }, name, kinds)
  }

  addPair(row: Partial<PairRow>, name: string, kinds: FindingKind[]): number {
    const id = this.store.pairs.nextId()
    this.store.transaction(() => this.store.pairs.insert(id, pairRow({ task: 'caption', status: 'unreviewed', ...row }), this.store.project.nextRevision()))
    if (kinds.length) this.planted.set(id, kinds)
    this.names.set(id, name)
    return id
  }
}

/** What is done to pictures of the sound pairs. Copies keep their caption and split, so that they leak nothing. */
export const pictureDefects: Record<string, { kinds: FindingKind[]; change: (bytes: Buffer) => Promise<Buffer> }> = {
  'encoded anew': { kinds: ['near-duplicate'], change: bytes => sharp(bytes).jpeg({ quality: 45 }).toBuffer() },
  'WebP': { kinds: ['near-duplicate'], change: bytes => sharp(bytes).webp({ quality: 60 }).toBuffer() },
  'half the size': { kinds: ['near-duplicate'], change: bytes => sharp(bytes).resize(160).jpeg().toBuffer() },
  'margins of 3 % cut off': { kinds: ['near-duplicate'], change: bytes => cropped(bytes, 0.03, 0.03, 0.03, 0.03) },
  'margins of 5 % cut off': { kinds: ['near-duplicate'], change: bytes => cropped(bytes, 0.05, 0.05, 0.05, 0.05) },
  'blurred copy': { kinds: ['near-duplicate', 'blurred'], change: bytes => sharp(bytes).blur(4).jpeg().toBuffer() },
  'dark': { kinds: ['dark'], change: bytes => sharp(bytes).linear(0.12, 0).jpeg().toBuffer() },
  'washed out': { kinds: ['bright'], change: bytes => sharp(bytes).linear(0.08, 235).jpeg().toBuffer() },
}
