// `fuselip train-tokenizer` and `fuselip pretrain`: how the bundled nano models are made. Both run in this process, without a
// project, and write a model folder with a card that holds the command, the time and the scores as measured.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AppError } from '@shared/errors'
import { defaultTaskWeights, type ToyTask } from '../../engine/toybox/dataset'
import { formatPercent, startProgress } from '../terminal'
import type { CommandContext } from './context'

export interface TokenizerOptions { from?: string; seed: number; plainSteps: number; quantisedSteps: number; batchSize: number; threads: number }
export interface PretrainOptions { tokenizer: string; work: string; from?: string; tasks?: Record<string, number>; learningRate: number; seed: number; pairs: number; epochs: number; batchSize: number; threads: number }

const tokenizerLearningRate = 2e-3
/** Fewer masks than in fine-tuning: each hidden id is also hidden from the contrastive loss, and the prediction over the whole vocabulary costs time. */
const fuselipRecipe = { warmupSteps: 200, weightDecay: 0.1, maskProbability: 0.05 }

async function writeCard(dir: string, lines: string[]): Promise<void> {
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'README.md'), `${lines.join('\n')}\n`)
}

export async function trainNanoTokenizer(context: CommandContext, folder: string, options: TokenizerOptions): Promise<void> {
  const { trainTokenizer } = await import('../../engine/pretraining/trainTokenizer')
  const outputDir = resolve(folder)
  const progress = startProgress(context.terminal, 'Image tokenizer')
  const startedAtMs = performance.now()
  const scores = await trainTokenizer({
    outputDir, ...options, fromDir: options.from === undefined ? null : resolve(options.from), learningRate: tokenizerLearningRate, device: { deviceId: 'cpu', threadCount: options.threads },
    onProgress: (step, total, error) => progress.update(`squared error ${error.toFixed(4)}`, step, total),
  })
  progress.end()
  const minutes = (performance.now() - startedAtMs) / 60_000
  await writeCard(outputDir, [
    '# Nano image tokenizer', '',
    'A vector-quantised autoencoder with TiTok’s encoder and decoder (arXiv 2406.07550): 64 × 64 pixels to 32 codes of a codebook of 1,024.',
    'Trained on Toybox scenes of both looks, pixels only.', '',
    `Command: \`${commandLine('train-tokenizer', folder, options)}\``,
    `Time: ${minutes.toFixed(1)} minutes on ${options.threads} CPU thread(s).`, '',
    `On ${scores.pictureCount} held-out pictures:`, '',
    '| measure | value |', '|---|---|',
    `| mean squared error (pixels in 0…1) | ${scores.meanSquaredError.toFixed(5)} |`,
    `| peak signal-to-noise ratio | ${scores.psnrDecibel.toFixed(2)} dB |`,
    `| codes used | ${scores.usedCodeCount} of ${scores.codebookSize} |`,
    `| code perplexity | ${scores.codePerplexity.toFixed(1)} |`,
    `| compression | ${scores.compressionRatio.toFixed(0)} : 1 |`, '',
    'Licence: MIT, as the studio. It knows coloured shapes and nothing else.',
  ])
  context.terminal.result(context.terminal.asJson ? JSON.stringify(scores) : `${outputDir}: squared error ${scores.meanSquaredError.toFixed(5)}, ${scores.usedCodeCount} codes used`)
}

/** @throws AppError 'bad-input' for a task that the toybox does not have, or shares of which none is above zero */
function checkTasks(tasks: Record<string, number> | undefined): Partial<Record<ToyTask, number>> | null {
  if (tasks === undefined) return null
  const unknown = Object.keys(tasks).find((task) => !(task in defaultTaskWeights))
  if (unknown !== undefined || !Object.values(tasks).some((share) => share > 0)) {
    throw new AppError('bad-input', `Expected shares of ${Object.keys(defaultTaskWeights).join(', ')}, one of them above zero; got ${JSON.stringify(tasks)}.`, 'Write for example --tasks caption=40,edit=60.')
  }
  return tasks
}

/** The options of a command as they would be typed. */
function commandLine(name: string, folder: string, options: object): string {
  const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const text = (value: unknown): string => (typeof value === 'object' ? Object.entries(value as object).map(([task, share]) => `${task}=${share}`).join(',') : String(value))
  return [`fuselip ${name} ${folder}`, ...Object.entries(options).map(([key, value]) => `--${kebab(key)} ${text(value)}`)].join(' ')
}

export async function pretrainNano(context: CommandContext, folder: string, options: PretrainOptions): Promise<void> {
  const { pretrainFuselip } = await import('../../engine/pretraining/pretrainFuselip')
  const outputDir = resolve(folder)
  const progress = startProgress(context.terminal, 'Nano FuseLIP')
  const startedAtMs = performance.now()
  let totalSteps = 0
  const validation = await pretrainFuselip({
    tokenizerDir: resolve(options.tokenizer), fromDir: options.from === undefined ? null : resolve(options.from), taskWeights: checkTasks(options.tasks),
    outputDir, workDir: resolve(options.work), seed: options.seed, pairCount: options.pairs, validationPairCount: 200,
    recipe: { epochs: options.epochs, batchSize: options.batchSize, learningRate: options.learningRate, ...fuselipRecipe, validateEverySteps: 200, checkpointEverySteps: 200 },
    device: { deviceId: 'cpu', threadCount: options.threads },
    onEvent(event) {
      if (event.kind === 'tokenized') progress.update('drawing and tokenizing', event.done, event.total)
      if (event.kind === 'started') totalSteps = event.totalSteps
      if (event.kind === 'metric') progress.update(`loss ${event.metric.total.toFixed(3)}`, event.metric.step, totalSteps)
    },
  })
  progress.end()
  const minutes = (performance.now() - startedAtMs) / 60_000
  const scores = validation
    ? [`On ${validation.leftToRight.count} held-out caption pairs:`, '', '| direction | R@1 | R@5 | R@10 |', '|---|---|---|---|',
        ...([['image → text', validation.leftToRight], ['text → image', validation.rightToLeft]] as const).map(([name, recall]) => `| ${name} | ${[recall.r1, recall.r5, recall.r10].map(formatPercent).join(' | ')} |`), '']
    : []
  await writeCard(outputDir, [
    '# Nano FuseLIP', '',
    'FuseLIP (arXiv 2506.03096) with width 96, 4 heads, 4 layers, the CLIP vocabulary and the codes of the nano image tokenizer.',
    `Trained ${options.from === undefined ? 'from random weights' : 'on from an earlier model'} on Toybox pairs in the plain domain (SigLIP loss and masked multimodal modelling). Rows of words that the pairs do not hold are drawn anew at the end.`, '',
    `Command: \`${commandLine('pretrain', folder, options)}\``,
    `Time: ${minutes.toFixed(1)} minutes on ${options.threads} CPU thread(s), ${totalSteps} steps.`,
    `Recipe: ${Object.entries(fuselipRecipe).map(([name, value]) => `${name} ${value}`).join(', ')}; the rest as the defaults of the studio.`, '',
    ...scores,
    'Licence: MIT, as the studio. It knows coloured shapes and the words for them and nothing else.',
  ])
  context.terminal.result(context.terminal.asJson ? JSON.stringify(validation) : `${outputDir} written in ${minutes.toFixed(1)} minutes`)
}
