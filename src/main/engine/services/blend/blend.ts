// The forgetting slider: recall of blends of two models on the project's test split and on a probe set, measured in the
// background from the position that is looked at outwards; and a blend saved as a model.
import type { Blend, MeasuredSet, Probe, ProbeChoice, TaskRecalls } from '../../../../shared/contract/blend'
import { AppError } from '../../../../shared/errors'
import { refuseUnlike } from '../../compute/library/blendWeights'
import type { JobContext, JobRunner } from '../../jobs/runner'
import type { ChangeBus } from '../changes'
import type { EmbeddingMatrix } from '../embeddings'
import { licenceOf } from '../modelLicence'
import { readModelFolder, readShapes } from '../modelFolder'
import type { ModelLibrary } from '../modelLibrary'
import { importedModelId, type ModelsService, type UsableModel } from '../models'
import { silentWork, type Work } from '../tokens'
import { BlendCache } from './blendCache'
import { writeBlendCard } from './blendCard'
import { recallOf, type ProbeSet } from './measuredSet'
import { ProbeSets, type ProbeSetsDependencies } from './probeSets'
import { TrainedPairs } from './trainedPairs'

export interface BlendDependencies extends ProbeSetsDependencies {
  jobs: JobRunner
  models: ModelsService
  modelLibrary: ModelLibrary
  changes: ChangeBus
}

interface Parents { base: UsableModel; tuned: UsableModel }
interface Line { baseModelId: string; tunedModelId: string; probe: Probe | null; positionCount: number }
interface Live { jobId: number; key: string; focus: number }
/** A set with what is known of it so far. */
interface Curve { set: ProbeSet; points: Map<number, TaskRecalls> }

export class BlendService {
  readonly #sets: ProbeSets
  readonly #cache: BlendCache
  readonly #trained: TrainedPairs
  readonly #live = new Map<number, Live>()

  constructor(private readonly dependencies: BlendDependencies) {
    this.#sets = new ProbeSets(dependencies)
    this.#cache = new BlendCache(dependencies.store.projectDir)
    this.#trained = new TrainedPairs(dependencies.store)
  }

  async listProbes({ baseModelId }: { baseModelId: string }): Promise<ProbeChoice[]> {
    return this.#sets.list(await this.dependencies.models.resolve(baseModelId))
  }

  /** @throws AppError 'not-found', 'bad-input' for models that cannot be blended */
  async get(line: Line): Promise<Blend> {
    const parents = await this.#parents(line)
    const project = await this.#curve(parents, await this.#sets.findTestSplit(parents.base))
    const probe = await this.#curve(parents, line.probe && (await this.#sets.find(line.probe, parents.base)))
    const isDescendant = this.#trained.runsBetween(line.baseModelId, line.tunedModelId) !== null
    return {
      project: project && (await this.#describe(project.set, parents)),
      probe: probe && (await this.#describe(probe.set, parents)),
      points: positionsOf(line.positionCount).map((amount) => ({ amount, project: project?.points.get(amount) ?? null, probe: probe?.points.get(amount) ?? null })),
      isDescendant,
      jobId: [...this.#live.values()].find(({ key }) => key === keyOf(line))?.jobId ?? null,
    }
  }

  async measure(input: Line & { focus: number }): Promise<{ jobId: number }> {
    const key = keyOf(input)
    const running = [...this.#live.values()].find((live) => live.key === key)
    if (running) {
      running.focus = input.focus
      return { jobId: running.jobId }
    }
    const parents = await this.#parents(input)
    const live: Live = { jobId: 0, key, focus: input.focus }
    const job = this.dependencies.jobs.start({ kind: 'evaluate', title: `Measure blends of ${parents.base.name} and ${parents.tuned.name}` }, async (context) => {
      try {
        return await this.#measure(parents, input, live, context)
      } finally {
        this.#live.delete(context.jobId)
      }
    })
    live.jobId = job.id
    this.#live.set(job.id, live)
    // A job that is cancelled while it waits for its turn never runs its body.
    void this.dependencies.jobs.wait(job.id).then(() => this.#live.delete(job.id))
    return { jobId: job.id }
  }

  /** A job that has ended has nothing left to measure, so that is no error. */
  focus({ jobId, amount }: { jobId: number; amount: number }): Record<string, never> {
    const live = this.#live.get(jobId)
    if (live) live.focus = amount
    return {}
  }

  async save({ amount, name, probe, ...ids }: { baseModelId: string; tunedModelId: string; amount: number; name: string; probe: Probe | null }): Promise<{ jobId: number }> {
    const { compute, jobs, modelLibrary, changes } = this.dependencies
    const parents = await this.#parents(ids)
    const { base, tuned } = parents
    const job = jobs.start({ kind: 'addModel', title: `Save a blend of ${base.name} and ${tuned.name}` }, async (context) => {
      context.enterPhase('blending weights')
      const licence = (await licenceOf(this.dependencies, tuned.id)) ?? (await licenceOf(this.dependencies, base.id))
      const share = Number(amount.toFixed(6))
      const card = writeBlendCard({ name, baseName: base.name, tunedName: tuned.name, ...ids, amount, licence, scores: await this.#scoresAt(parents, amount, probe) })
      const folderId = await modelLibrary.reserve(name)
      const record = {
        name, source: `${Number((1 - share).toFixed(6))} × ${base.name} + ${share} × ${tuned.name}`, licence, addedAtMs: Date.now(),
        parents: [{ modelId: base.id, name: base.name, share: Number((1 - share).toFixed(6)) }, { modelId: tuned.id, name: tuned.name, share }],
      }
      try {
        const { parameterCount } = await compute.call('blendModels', { baseDir: base.dir, tunedDir: tuned.dir, amount, modelDir: modelLibrary.modelDir(folderId), record, card }, { signal: context.signal })
        changes.publish({ topic: 'models' })
        return `${importedModelId(folderId)}: ${record.source}, ${parameterCount.toLocaleString('en')} parameters.`
      } catch (thrown) {
        await modelLibrary.remove(folderId)
        throw thrown
      }
    })
    return { jobId: job.id }
  }

  async #measure(parents: Parents, line: Line, live: Live, context: JobContext): Promise<string> {
    context.enterPhase('preparing the test split')
    const project = await this.#curve(parents, await this.#sets.makeTestSplit(parents.base, context))
    context.enterPhase('preparing the probe set')
    const probe = await this.#curve(parents, line.probe && (await this.#sets.make(line.probe, parents.base, context)))
    const curves = [project, probe].filter((curve) => curve !== null)
    if (!curves.length) throw new AppError('bad-input', 'There is nothing to measure on: the test split is empty and no probe set was chosen.', 'Move pairs to the test split, or choose a probe set.')
    const positions = positionsOf(line.positionCount)
    context.enterPhase('measuring blends', positions.length)
    const isOpen = (amount: number): boolean => curves.some(({ points }) => !points.has(amount))
    for (let open = positions.filter(isOpen); open.length; open = open.filter(isOpen)) {
      context.report(positions.length - open.length)
      const amount = open.reduce((nearest, position) => (Math.abs(position - live.focus) < Math.abs(nearest - live.focus) ? position : nearest))
      await this.#measurePosition(parents, amount, curves.filter(({ points }) => !points.has(amount)), context)
    }
    context.report(positions.length)
    return `${positions.length} blends measured on ${curves.map(({ set }) => set.name.toLowerCase()).join(' and ')}`
  }

  /** The ends are the parents themselves, so their vectors come from the cache of embeddings where the set is the project's. */
  async #measurePosition(parents: Parents, amount: number, curves: readonly Curve[], context: JobContext): Promise<void> {
    const { compute } = this.dependencies
    const parent = amount === 0 ? parents.base : amount === 1 ? parents.tuned : null
    for (const { set, points } of curves) {
      context.signal.throwIfAborted()
      const matrix = parent ? await this.#embedParent(parent, set, context) : await this.#embedBlend(parents, amount, set, context)
      points.set(amount, await recallOf(set, matrix, compute, context.signal))
      await this.#cache.write(parents.base.cacheId, parents.tuned.cacheId, set.fingerprint, points)
    }
  }

  async #embedParent(parent: UsableModel, { sides, inputs, isOfProject }: ProbeSet, { signal }: Pick<Work, 'signal'>): Promise<EmbeddingMatrix> {
    const { compute, embeddings, getDevice } = this.dependencies
    if (isOfProject) return embeddings.embed(parent, sides, silentWork(signal))
    const { embeddings: vectors, width } = await compute.call('embedSides', { modelDir: parent.dir, sides: [...inputs], device: getDevice() }, { signal })
    return { vectors, width }
  }

  async #embedBlend({ base, tuned }: Parents, amount: number, { inputs }: ProbeSet, { signal }: Pick<Work, 'signal'>): Promise<EmbeddingMatrix> {
    const { compute, getDevice } = this.dependencies
    const { embeddings: vectors, width } = await compute.call('embedBlend', { baseDir: base.dir, tunedDir: tuned.dir, amount, sides: [...inputs], device: getDevice() }, { signal })
    return { vectors, width }
  }

  async #curve({ base, tuned }: Parents, set: ProbeSet | null): Promise<Curve | null> {
    return set && { set, points: await this.#cache.read(base.cacheId, tuned.cacheId, set.fingerprint) }
  }

  async #describe({ name, description, pairs, isOfProject }: ProbeSet, { base, tuned }: Parents): Promise<MeasuredSet> {
    return { name, description, pairCount: pairs.length, trainedPairCount: isOfProject ? await this.#trained.countAmong(pairs, base.id, tuned.id) : null }
  }

  async #scoresAt(parents: Parents, amount: number, probe: Probe | null): Promise<Parameters<typeof writeBlendCard>[0]['scores']> {
    const sets = [await this.#sets.findTestSplit(parents.base), probe && (await this.#sets.find(probe, parents.base).catch(() => null))]
    const curves = await Promise.all(sets.map((set) => this.#curve(parents, set)))
    return curves.flatMap((curve) => {
      const recalls = curve?.points.get(amount)
      return curve && recalls ? [{ set: { name: curve.set.name, description: curve.set.description, pairCount: curve.set.pairs.length }, recalls }] : []
    })
  }

  /** Only config.json and the headers of the weights are read. @throws AppError 'not-found', 'bad-input' */
  async #parents({ baseModelId, tunedModelId }: Pick<Line, 'baseModelId' | 'tunedModelId'>): Promise<Parents> {
    const { models } = this.dependencies
    if (baseModelId === tunedModelId) throw new AppError('bad-input', 'Expected two models, got one twice.', 'Choose the model that the tuned one came from.')
    const [base, tuned] = await Promise.all([models.resolve(baseModelId), models.resolve(tunedModelId)])
    const [first, second] = await Promise.all([base, tuned].map(async ({ name, dir, tokenizerId }) => {
      const { config: { repairsText, ...config } } = await readModelFolder(dir)
      return { name, tokenizerId, config: { ...config, ...(repairsText ? { repairsText: true as const } : {}) }, shapes: await readShapes(dir) }
    }))
    refuseUnlike(first!, second!)
    return { base, tuned }
  }
}

/** From base to tuned; both ends are exact. */
const positionsOf = (count: number): number[] => Array.from({ length: count }, (_, index) => index / (count - 1))
const keyOf = ({ baseModelId, tunedModelId, probe, positionCount }: Line): string => JSON.stringify([baseModelId, tunedModelId, probe, positionCount])
