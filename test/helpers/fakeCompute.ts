// A stand-in for the compute thread that keeps its promises without tensors: a picture's codes are its mean colour, a
// side's vector is that colour plus the colours named in its text. Mining, search, recall, learning and clustering are the real code.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { learnDecisions, predictDecisions } from '../../src/main/engine/compute/attention/decisionModel'
import { assignRows, findCentres } from '../../src/main/engine/compute/attention/kMeans'
import { measureRecall } from '../../src/main/engine/compute/evaluation/recall'
import type { RgbImage } from '../../src/main/engine/compute/image/rgbImage'
import { layOutSide, tokenLabel } from '../../src/main/engine/compute/inspect/tokenLabels'
import { mineNegatives } from '../../src/main/engine/compute/mining/mine'
import { findNearest } from '../../src/main/engine/compute/retrieval/nearest'
import { measureNeighbourhoods } from '../../src/main/engine/compute/quality/neighbourhoods'
import { findNear } from '../../src/main/engine/compute/thread/qualityHandlers'
import type { CallOptions, Compute } from '../../src/main/engine/compute/thread/client'
import { compare } from '../../src/main/engine/compute/thread/inspectHandlers'
import type { ComputeMethod, ComputeMethods, FoundDevice, SideInput, TrainingEvent, TrainingRequest } from '../../src/main/engine/compute/thread/protocol'
import { AppError } from '../../src/shared/errors'
import { namedColours } from './colourProject'

const width = 4
/** Of the three codes that a picture has here. */
const toyLayout = { width, headCount: 1, layerCount: 1, contextLength: 32, codebookSize: 256, imageTokenCount: 3, hasMask: true }

/** The picture that three codes stand for: their colour. */
function plainPicture(codes: Uint16Array): RgbImage {
  return { width: 16, height: 16, data: Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => codes[i % 3]!) }
}
type Requests = { [M in ComputeMethod]: (request: ComputeMethods[M]['request'], options: CallOptions<M>) => Promise<ComputeMethods[M]['result']> }

export interface FakeTraining {
  /** Steps of a run and the time of each. */
  totalSteps: number
  stepMs: number
  /** The thread dies at this step; null never. */
  failAtStep: number | null
}

export class FakeCompute implements Compute {
  readonly calls: { method: ComputeMethod; request: unknown }[] = []
  devices: FoundDevice[] = [{ id: 'cpu', name: 'Test CPU', kind: 'cpu', isUsable: true, reason: null, memoryBytes: 8 * 2 ** 30 }]
  /** Time of a measured micro-batch; may throw. */
  gradientMs: (deviceId: string | null) => number = () => 30
  training: FakeTraining = { totalSteps: 30, stepMs: 1, failAtStep: null }
  /** Steps that a run folder can continue from. */
  readonly #resumeSteps = new Map<string, number>()
  readonly #steering = new Map<string, 'pause' | 'stop'>()
  /** Of the image tokenizer. */
  hasDecoder = true
  /** Waits here before every embedding, so that a test can hold a job. */
  gate: Promise<void> = Promise.resolve()

  readonly #methods: Requests = {
    listDevices: async () => this.devices,
    describeModel: async () => ({ parameterCount: 1, width, layers: 1, contextLength: 32, imageTokenCount: 6, codebookSize: 256 }),
    tokenizeImages: async ({ images }, { onEvent }) => {
      const results = await Promise.all(images.map(async ({ path }) => {
        try {
          const { channels } = await sharp(path).stats()
          return { codes: Uint16Array.from(channels.slice(0, 3), ({ mean }) => Math.round(mean)), error: null }
        } catch (thrown) {
          return { codes: null, error: new AppError('unreadable-image', `cannot be read: ${(thrown as Error).message}`).toJson() }
        }
      }))
      onEvent?.({ kind: 'progress', done: images.length, total: images.length })
      return results
    },
    embedSides: async ({ sides }, { signal }) => {
      await this.gate
      signal?.throwIfAborted()
      return { embeddings: Float32Array.from(sides.flatMap(embed)), width }
    },
    // A blend sees the colours of pictures less and less, so that recall changes along it.
    embedBlend: async ({ sides, amount }, { signal }) => {
      await this.gate
      signal?.throwIfAborted()
      return { embeddings: Float32Array.from(sides.flatMap((side) => embed({ ...side, codes: side.codes && side.codes.map((code) => code * (1 - amount) + 110 * amount) }))), width }
    },
    mine: (request, { onEvent }) => mineNegatives(request, { onProgress: (done, total) => onEvent?.({ kind: 'progress', done, total }) }),
    findNear: (request, { signal, onEvent }) => findNear(request, signal ?? new AbortController().signal, (done, total) => onEvent?.({ kind: 'progress', done, total })),
    measureNeighbourhoods: (request) => measureNeighbourhoods(request),
    nearest: async ({ query, targets, width: columns, limit }) => findNearest(query, targets, columns, limit),
    measureRecall: async (request) => measureRecall(request),
    learnDecisions: (request) => learnDecisions(request),
    predictDecisions: async ({ model, left, right }) => ({ probabilities: predictDecisions(model, left, right) }),
    findCentres: async ({ rows, width: columns, clusterCount, seed }) => ({ centres: await findCentres(rows, columns, { clusterCount, seed }) }),
    assignRows: async ({ rows, width: columns, centres }) => assignRows(rows, centres, columns),
    measureStep: async ({ left, right, device }) => ({
      config: { width, headCount: 1, layerCount: 1, contextLength: 32, codebookSize: 256, imageTokenCount: 6, hasMask: true },
      leftLength: left.length ? 16 : 0, rightLength: right.length ? 16 : 0, slotsPerPair: 2, pairCount: 2,
      residentBytes: 1e6, activationBytes: 2e6, embedMs: 10, gradientMs: this.gradientMs(device.deviceId), updateMs: 5,
    }),
    train: (request, { onEvent }) => this.#train(request, onEvent ?? (() => undefined)),
    importModel: ({ sourcePath }) => Promise.reject(new AppError('bad-model', `The stand-in reads no models, such as ${sourcePath}.`)),
    createModel: async () => ({ parameterCount: 1 }),
    blendModels: async ({ baseDir, modelDir }) => {
      cpSync(baseDir, modelDir, { recursive: true })
      return { parameterCount: 1 }
    },
    exportModel: async () => ({ files: [] }),
    inspectImage: async ({ image }) => {
      const { channels } = await sharp(image.path).stats()
      const codes = Uint16Array.from(channels.slice(0, 3), ({ mean }) => Math.round(mean))
      const original = plainPicture(codes)
      const tokenizer = { imageSizePx: original.width, codeCount: 3, codebookSize: 256, hasDecoder: this.hasDecoder }
      const rivals = codes.map((code) => (code + 1) % 256)
      const distances = { distances: new Float32Array(3).fill(0.5), rivalDistances: new Float32Array(3).fill(1) }
      const { width: sourceWidthPx, height: sourceHeightPx } = await sharp(image.path).metadata()
      return { tokenizer, sourceWidthPx, sourceHeightPx, original, codes, rivals, ...distances, reconstruction: this.hasDecoder ? { image: original, ...compare(original, original) } : null }
    },
    drawCodes: async ({ codes, comparedWith }) => {
      const image = plainPicture(codes)
      return { image, comparison: comparedWith && compare(plainPicture(comparedWith), image) }
    },
    layOutTokens: async ({ side }) => ({ tokens: layOutSide(side, toyLayout).tokens, hasMask: true, cutCount: 0 }),
    predictMasked: async ({ positions }) => ({
      predictions: positions.map((position) => ({
        position, wordMass: 0.25, codeMass: 0.75, trueProbability: 0.1, trueRank: 4,
        words: [{ ...tokenLabel(736, toyLayout), probability: 0.2 }], codes: [{ code: 10 + position, probability: 0.6 }],
      })),
    }),
    steerTraining: async ({ runDir, action }) => {
      this.#steering.set(runDir, action)
      return {}
    },
  }

  async call<M extends ComputeMethod>(method: M, request: ComputeMethods[M]['request'], options: CallOptions<M> = {}): Promise<ComputeMethods[M]['result']> {
    this.calls.push({ method, request })
    return this.#methods[method](request, options)
  }

  countOf(method: ComputeMethod): number {
    return this.calls.filter((call) => call.method === method).length
  }

  lastRequest<M extends ComputeMethod>(method: M): ComputeMethods[M]['request'] {
    return this.calls.findLast((call) => call.method === method)!.request as ComputeMethods[M]['request']
  }

  async dispose(): Promise<void> {
    this.gate = Promise.resolve()
  }

  async #train({ modelDir, runDir, resume, recipe }: TrainingRequest, emit: (event: TrainingEvent) => void): Promise<ComputeMethods['train']['result']> {
    const { totalSteps, stepMs, failAtStep } = this.training
    const startStep = resume ? (this.#resumeSteps.get(runDir) ?? 0) : 0
    this.#steering.delete(runDir)
    emit({ kind: 'started', startStep, totalSteps, device: 'Test CPU' })
    const save = (step: number) => {
      for (const name of ['best', `step-${String(step).padStart(6, '0')}`]) cpSync(modelDir, join(runDir, 'checkpoints', name), { recursive: true })
      this.#resumeSteps.set(runDir, step)
      emit({ kind: 'checkpoint', step })
    }
    for (let step = startStep + 1; step <= totalSteps; step++) {
      await new Promise((resolve) => setTimeout(resolve, stepMs))
      if (step === failAtStep) throw new AppError('device-failed', 'The test device fell over.', 'Pick it up.')
      emit({ kind: 'metric', metric: { step, total: 10 / step, contrastive: 8 / step, mmm: 2 / step, learningRate: recipe.learningRate, gradientNorm: 1, logitScale: 10, logitBias: -10, samplesPerSecond: 100, elapsedMs: (step - startStep) * 10 } })
      if (step % recipe.validateEverySteps === 0) {
        const recall = { r1: 0.5, r5: 0.8, r10: 0.9, meanRank: 2, medianRank: 1, count: 4 }
        emit({ kind: 'validation', validation: { step, leftToRight: recall, rightToLeft: recall } })
      }
      if (step % recipe.checkpointEverySteps === 0) save(step)
      const action = this.#steering.get(runDir)
      if (action) {
        save(step)
        return { outcome: action === 'pause' ? 'paused' : 'stopped', step }
      }
    }
    save(totalSteps)
    return { outcome: 'finished', step: totalSteps }
  }
}

function embed({ codes, text }: SideInput): number[] {
  const sum = [0, 0, 0, 1]
  const add = (colour: ArrayLike<number>) => { for (let channel = 0; channel < 3; channel++) sum[channel]! += (colour[channel] ?? 0) - 110 }
  if (codes) add(codes)
  for (const word of text?.split(/\W+/) ?? []) {
    const colour = namedColours[word]
    if (colour) add(colour)
  }
  const length = Math.hypot(...sum)
  return sum.map((value) => value / length)
}
