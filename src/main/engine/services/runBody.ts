// The work of one training job: tokens, then mining, then training; and what the training tells on the way is kept.
import type { Run } from '../../../shared/contract/runs'
import type { JobContext } from '../jobs/runner'
import type { Compute } from '../compute/thread/client'
import type { DeviceChoice, TrainingEvent, TrainingOutcome } from '../compute/thread/protocol'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import { imageIdsOf, type EmbeddingsService } from './embeddings'
import { EtaEstimate, MetricWriter } from './metricWriter'
import { listCheckpointSteps, type ModelsService, type UsableModel } from './models'
import type { NegativesService } from './negatives'
import { groupsWithin, keepPairs, readSnapshot, toTrainingPairs, writeSnapshot, type RunSnapshot } from './runSnapshot'
import type { TokensService } from './tokens'

export interface RunDependencies {
  store: Store
  compute: Compute
  models: ModelsService
  tokens: TokensService
  embeddings: EmbeddingsService
  negatives: NegativesService
  changes: ChangeBus
  getDevice: () => DeviceChoice
}

/** Brings a run from where it is to its end, a pause or a stop. `onTraining` is told when steering makes sense. */
export async function workOnRun(dependencies: RunDependencies, run: Run, resume: boolean, context: JobContext, onTraining: (isTraining: boolean) => void): Promise<TrainingOutcome> {
  const { store, compute, models, embeddings, changes } = dependencies
  const runDir = store.files.runDir(run.id)
  const model = await models.resolve(run.baseModelId)
  const snapshot = await prepareSnapshot(dependencies, run, model, context)

  context.enterPhase('training', run.totalSteps)
  const keeper = createEventKeeper(dependencies, run, context)
  const steerToStop = () => void compute.call('steerTraining', { runDir, action: 'stop' }).catch(() => undefined)
  context.signal.throwIfAborted()
  // A cancelled job stops like a stopped run: after the current step, with a checkpoint. So the call gets no signal.
  context.signal.addEventListener('abort', steerToStop, { once: true })
  onTraining(true)
  const device = dependencies.getDevice()
  // Named before the training tells it, because a device may fail before its first step.
  store.runs.update(run.id, { device: device.deviceId ?? 'cpu' })
  try {
    const result = await compute.call('train', {
      modelDir: model.dir, runDir, recipe: run.recipe, device,
      pairs: toTrainingPairs(embeddings, model.tokenizerId, snapshot.pairs),
      validation: toTrainingPairs(embeddings, model.tokenizerId, snapshot.validation),
      groups: snapshot.groups ?? [], dataGroupCount: snapshot.dataGroupCount, judgements: snapshot.judgements, resume,
    }, { onEvent: keeper.onEvent })
    return result
  } finally {
    onTraining(false)
    context.signal.removeEventListener('abort', steerToStop)
    keeper.finish()
    store.runs.update(run.id, { checkpointSteps: await listCheckpointSteps(runDir) })
    changes.publish({ topic: 'models' })
  }
}

/** Makes sure that every picture has tokens and that groups are there; both are done once in the life of a run. */
async function prepareSnapshot(dependencies: RunDependencies, run: Run, model: UsableModel, context: JobContext): Promise<RunSnapshot> {
  const { store, tokens, negatives } = dependencies
  const runDir = store.files.runDir(run.id)
  const snapshot = await readSnapshot(runDir)
  context.enterPhase('tokenizing pictures')
  const sides = [...snapshot.pairs, ...snapshot.validation].flatMap((pair) => [pair.left, pair.right])
  const failedIds = await tokens.ensure(model, imageIdsOf(sides), context)
  if (snapshot.groups) return snapshot

  const isReadable = (imageId: number | null) => imageId === null || !failedIds.has(imageId)
  const readable = failedIds.size ? keepPairs(snapshot, (pair) => isReadable(pair.left.imageId) && isReadable(pair.right.imageId)) : snapshot
  if (readable !== snapshot) context.log(`${snapshot.pairs.length - readable.pairs.length} training pairs are left out because a picture cannot be read.`)
  const minedGroups = run.recipe.useHardNegatives ? await mineForRun(negatives, store, run, model, context) : []
  const dataGroups = groupsWithin(readable, store.groups.list('data'))
  const ready = { ...readable, groups: [...dataGroups, ...groupsWithin(readable, minedGroups)], dataGroupCount: dataGroups.length }
  context.log(`${ready.groups.length} groups of pairs share batches.`)
  await writeSnapshot(runDir, ready)
  store.runs.update(run.id, { pairCount: ready.pairs.length })
  return ready
}

async function mineForRun(negatives: NegativesService, store: Store, run: Run, model: UsableModel, context: JobContext): Promise<number[][]> {
  const settings = { split: 'train' as const, perPair: run.recipe.hardNegativesPerPair, margin: run.recipe.miningMargin }
  if (negatives.isFresh(model.id, settings)) {
    context.log('The last mining is still right and is used again.')
    return store.groups.list('mined')
  }
  return (await negatives.mineInto(context, model, settings)).groups
}

function createEventKeeper({ store, changes }: RunDependencies, run: Run, context: JobContext) {
  const eta = new EtaEstimate()
  let totalSteps = run.totalSteps
  const publish = () => changes.publish({ topic: 'run', runId: run.id })
  const writer = new MetricWriter((metrics) => {
    store.transaction(() => {
      store.runs.addMetrics(run.id, metrics)
      store.runs.update(run.id, { step: metrics.at(-1)!.step, etaMs: eta.leftMs(totalSteps) })
    })
    publish()
  })
  let isOpen = true

  const onEvent = (event: TrainingEvent): void => {
    if (!isOpen) return
    switch (event.kind) {
      case 'started':
        totalSteps = event.totalSteps
        // Steps after the checkpoint are computed again; their old rows would stand beside the new ones.
        store.runs.removeAfterStep(run.id, event.startStep)
        store.runs.update(run.id, { device: event.device, step: event.startStep, totalSteps })
        context.log(event.startStep ? `Continuing after step ${event.startStep} of ${totalSteps} on ${event.device}.` : `${totalSteps} steps on ${event.device}.`)
        context.report(event.startStep, totalSteps)
        publish()
        break
      case 'metric':
        eta.add(event.metric)
        writer.add(event.metric)
        context.report(event.metric.step, totalSteps)
        break
      case 'validation':
        store.runs.addValidation(run.id, event.validation)
        publish()
        break
      case 'checkpoint':
        // Older ones are pruned, so the folder is asked.
        void listCheckpointSteps(store.files.runDir(run.id)).then((checkpointSteps) => {
          if (!isOpen) return
          store.runs.update(run.id, { checkpointSteps })
          changes.publish({ topic: 'models' })
          publish()
        })
        break
      case 'mined':
        context.log(`Mined again at step ${event.step}: ${event.groupCount} groups.`)
        break
      case 'log':
        context.log(event.line)
    }
  }
  return {
    onEvent,
    finish: () => {
      isOpen = false
      writer.flush()
    },
  }
}
