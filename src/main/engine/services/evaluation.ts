// Measures retrieval of a model on a split: text finds image, image finds text, and image + text find image.
import type { Pair, Recall, Side, Split } from '../../../shared/contract/entities'
import type { Evaluation } from '../../../shared/contract/search'
import { AppError } from '../../../shared/errors'
import type { JobContext, JobRunner } from '../jobs/runner'
import type { Compute } from '../compute/thread/client'
import { sideKey } from '../store/embeddingStore'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import type { EmbeddingsService } from './embeddings'
import type { ModelsService, UsableModel } from './models'
import type { NegativesService } from './negatives'

export interface EvaluationDependencies {
  store: Store
  compute: Compute
  jobs: JobRunner
  models: ModelsService
  embeddings: EmbeddingsService
  negatives: NegativesService
  changes: ChangeBus
}

export interface Retrieval {
  queries: Side[]
  targets: Side[]
  /** For query i the indices of the targets that are right. */
  relevant: number[][]
}

export class EvaluationService {
  constructor(private readonly dependencies: EvaluationDependencies) {}

  list(): Evaluation[] {
    return this.dependencies.store.evaluations.list()
  }

  async start({ modelId, split }: { modelId: string; split: Split }): Promise<{ jobId: number }> {
    const { jobs, models } = this.dependencies
    const model = await models.resolve(modelId)
    const job = jobs.start({ kind: 'evaluate', title: `Evaluate ${model.name} on ${split}` }, async (context) => summarise(await this.#measure(model, split, context)))
    return { jobId: job.id }
  }

  async #measure(model: UsableModel, split: Split, context: JobContext): Promise<Evaluation> {
    const { store, embeddings, negatives, changes } = this.dependencies
    context.enterPhase('tokenizing pictures')
    const pairs = await embeddings.keepReadable(model, negatives.listPairs(split), context)
    if (!pairs.length) throw new AppError('bad-input', `The ${split} split has no pairs to measure.`, 'Move pairs to this split, or choose another one.')
    const tasks = retrievalTasks(pairs)

    context.enterPhase('embedding pairs')
    const evaluation: Evaluation = {
      modelId: model.id,
      split,
      textToImage: await this.#recall(model, tasks.textToImage, context),
      imageToText: await this.#recall(model, tasks.imageToText, context),
      composedToImage: await this.#recall(model, tasks.composedToImage, context),
      evaluatedAtMs: Date.now(),
    }
    store.evaluations.set(evaluation)
    changes.publish({ topic: 'models' })
    return evaluation
  }

  async #recall(model: UsableModel, retrieval: Retrieval | null, context: JobContext): Promise<Recall | null> {
    if (!retrieval) return null
    const { queries, targets, relevant } = retrieval
    const { compute, embeddings } = this.dependencies
    const query = await embeddings.embed(model, queries, context)
    const target = await embeddings.embed(model, targets, context)
    return compute.call('measureRecall', { queries: query.vectors, targets: target.vectors, width: query.width, relevant }, { signal: context.signal })
  }
}

/** What a set of pairs asks of a model; null where it has no such pairs. */
export function retrievalTasks(pairs: readonly Pick<Pair, 'left' | 'right'>[]): Record<'textToImage' | 'imageToText' | 'composedToImage', Retrieval | null> {
  const captions = pairs.flatMap(toCaption)
  const composed = pairs.filter((pair) => pair.left.imageId !== null && pair.left.text !== null && pair.right.imageId !== null)
  const unlessEmpty = (retrieval: Retrieval): Retrieval | null => (retrieval.queries.length ? retrieval : null)
  return {
    textToImage: unlessEmpty(pairUp(captions.map(({ text, image }) => ({ query: text, target: image })))),
    imageToText: unlessEmpty(pairUp(captions.map(({ text, image }) => ({ query: image, target: text })))),
    composedToImage: unlessEmpty(pairUp(composed.map((pair) => ({ query: pair.left, target: pair.right })), rightImages(pairs))),
  }
}

/** Picture alone on one side, text alone on the other, whichever way round. */
function toCaption({ left, right }: Pick<Pair, 'left' | 'right'>): { image: Side; text: Side }[] {
  const isImage = (side: Side) => side.imageId !== null && side.text === null
  if (isImage(left) && right.imageId === null) return [{ image: left, text: right }]
  if (isImage(right) && left.imageId === null) return [{ image: right, text: left }]
  return []
}

const rightImages = (pairs: readonly Pick<Pair, 'right'>[]): Side[] => pairs.map((pair) => pair.right).filter((side) => side.imageId !== null)

/**
 * Equal content is one query and one target, so that a text that describes two pictures has both as right answers.
 * @param further targets that are nobody's answer here
 */
export function pairUp(pairs: { query: Side; target: Side }[], further: Side[] = []): Retrieval {
  const keyOf = (side: Side) => sideKey(side.imageId, side.text)
  const targets = new Map<string, { side: Side; index: number }>()
  for (const side of [...pairs.map((pair) => pair.target), ...further]) {
    const key = keyOf(side)
    if (!targets.has(key)) targets.set(key, { side, index: targets.size })
  }
  const queries = new Map<string, { side: Side; relevant: Set<number> }>()
  for (const { query, target } of pairs) {
    const key = keyOf(query)
    const known = queries.get(key) ?? { side: query, relevant: new Set<number>() }
    known.relevant.add(targets.get(keyOf(target))!.index)
    queries.set(key, known)
  }
  return {
    queries: [...queries.values()].map(({ side }) => side),
    targets: [...targets.values()].map(({ side }) => side),
    relevant: [...queries.values()].map(({ relevant }) => [...relevant].sort((a, b) => a - b)),
  }
}

function summarise({ textToImage, imageToText, composedToImage }: Evaluation): string {
  const parts = [['text→image', textToImage], ['image→text', imageToText], ['image+text→image', composedToImage]] as const
  return `R@1: ${parts.map(([name, recall]) => `${name} ${recall ? `${(100 * recall.r1).toFixed(1)} %` : '–'}`).join(', ')}`
}
