// Scale-out packages, each as a job.
import { basename, join } from 'node:path'
import type { ScaleOutRequest } from '../../../../shared/contract/snapshots'
import { AppError } from '../../../../shared/errors'
import type { Compute } from '../../compute/thread/client'
import type { JobRunner } from '../../jobs/runner'
import type { Store } from '../../store/openStore'
import { readModelFolder } from '../modelFolder'
import type { ModelsService } from '../models'
import { refuseTaken, targetOf, writeNewFolder } from '../out/newFolder'
import type { Picker } from '../picker'
import type { SnapshotsService } from '../snapshots/snapshots'
import { sizeOfWidth } from './trainerFlags'
import { slugOf, writePackage } from './writePackage'

export interface ScaleOutDependencies {
  store: Store
  jobs: JobRunner
  picker: Picker
  compute: Compute
  models: ModelsService
  snapshots: SnapshotsService
  resourcesDir: string
}

/** Rows of the published models' positional embedding. */
const publishedContextLength = 180

export class ScaleOutService {
  constructor(private readonly dependencies: ScaleOutDependencies) {}

  /** @throws AppError 'not-found', 'conflict' when the name is taken, 'bad-input' for weights of a size that the trainer does not build */
  async start({ snapshotId, recipe, recipeOrigin, baseModelId, size, withWeights, precision, gpuCount, gpuKind, nodeCount, ...newFolder }: ScaleOutRequest): Promise<{ jobId: number }> {
    const { store, jobs, picker, models, snapshots, resourcesDir } = this.dependencies
    const snapshot = store.snapshots.get(snapshotId)
    const target = targetOf(picker, newFolder)
    await refuseTaken(target)
    const model = await models.resolve(baseModelId ?? store.project.get().currentModelId)
    const { config } = await readModelFolder(model.dir)
    const ownSize = sizeOfWidth(config.width)
    const chosenSize = size ?? ownSize ?? 'small'
    if (withWeights && chosenSize !== ownSize) {
      throw new AppError('bad-input', `The weights of “${model.name}” (width ${config.width}) do not fit the size “${chosenSize}”: the trainer builds small (384), base (512) and large (768).`, 'Start from random weights, or choose a model of that size.')
    }
    const job = jobs.start({ kind: 'export', title: `Scale-out package of “${snapshot.name}”` }, async context => {
      const result = await writeNewFolder(target, folder => writePackage(folder, {
        snapshotFolder: snapshots.folderOf(snapshotId), snapshotSha256: snapshot.sha256, scaleOutDir: join(resourcesDir, 'scaleOut'), slug: slugOf(basename(target.path)), recipe, recipeOrigin,
        baseModelId: model.id, size: chosenSize, isOwnSize: chosenSize === ownSize, contextLength: chosenSize === ownSize ? config.contextLength : publishedContextLength,
        precision, gpuCount, gpuKind, nodeCount, writeStart: withWeights ? start => this.#writeStart(model.id, start, context.signal) : null,
      }, { signal: context.signal, onPhase: (phase, total) => context.enterPhase(phase, total), onProgress: (done, total) => context.report(done, total) }))
      const { trainCount, validationCount, groupCount } = result
      return `${trainCount.toLocaleString('en')} training and ${validationCount.toLocaleString('en')} validation pairs, ${groupCount.toLocaleString('en')} groups, in ${target.path}`
    })
    return { jobId: job.id }
  }

  async #writeStart(modelId: string, folder: string, signal: AbortSignal): Promise<void> {
    const { models, compute } = this.dependencies
    const model = await models.resolve(modelId)
    await compute.call('exportModel', {
      modelDir: model.dir, tokenizerDir: model.tokenizerDir, outputDir: folder, forms: ['pytorch'], halfPrecision: false, name: model.name, licence: model.licence ?? 'unknown', card: `# ${model.name}\n`,
    }, { signal, onEvent: () => undefined })
  }
}
