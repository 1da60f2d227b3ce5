// `fuselip train-tokenizer` and `fuselip pretrain`: how the bundled nano models are made. Both run in this process, without a
// project, and write a model folder with a card that holds the command, the time and the scores as measured.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { formatPercent, startProgress } from '../terminal'
import type { CommandContext } from './context'

export interface TokenizerOptions { seed: number; plainSteps: number; quantisedSteps: number; batchSize: number; threads: number }
export interface PretrainOptions { tokenizer: string; work: string; seed: number; pairs: number; epochs: number; batchSize: number; threads: number }

const tokenizerLearningRate = 1e-3
const fuselipLearningRate = 1.5e-3

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
    outputDir, ...options, learningRate: tokenizerLearningRate, device: { deviceId: 'cpu', threadCount: options.threads },
    onProgress: (step, total, error) => progress.update(`squared error ${error.toFixed(4)}`, step, total),
  })
  progress.end()
  const minutes = (performance.now() - startedAtMs) / 60_000
  await writeCard(outputDir, [
    '# Nano image tokenizer', '',
    'A vector-quantised autoencoder with TiTok’s encoder and decoder (arXiv 2406.07550): 64 × 64 pixels to 32 codes of a codebook of 512.',
    'Trained on Toybox scenes of both looks, pixels only.', '',
    `Command: \`fuselip train-tokenizer ${folder} --seed ${options.seed} --plain-steps ${options.plainSteps} --quantised-steps ${options.quantisedSteps} --batch-size ${options.batchSize} --threads ${options.threads}\``,
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

export async function pretrainNano(context: CommandContext, folder: string, options: PretrainOptions): Promise<void> {
  const { pretrainFuselip } = await import('../../engine/pretraining/pretrainFuselip')
  const outputDir = resolve(folder)
  const progress = startProgress(context.terminal, 'Nano FuseLIP')
  const startedAtMs = performance.now()
  let totalSteps = 0
  const validation = await pretrainFuselip({
    tokenizerDir: resolve(options.tokenizer), outputDir, workDir: resolve(options.work), seed: options.seed, pairCount: options.pairs, validationPairCount: 200,
    recipe: { epochs: options.epochs, batchSize: options.batchSize, learningRate: fuselipLearningRate, warmupSteps: 100, weightDecay: 0.1, validateEverySteps: 200, checkpointEverySteps: 200 },
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
    'Trained from random weights on Toybox pairs of all tasks in the plain domain (SigLIP loss and masked multimodal modelling).', '',
    `Command: \`fuselip pretrain ${folder} --tokenizer ${options.tokenizer} --work ${options.work} --seed ${options.seed} --pairs ${options.pairs} --epochs ${options.epochs} --batch-size ${options.batchSize} --threads ${options.threads}\``,
    `Time: ${minutes.toFixed(1)} minutes on ${options.threads} CPU thread(s), ${totalSteps} steps.`, '',
    ...scores,
    'Licence: MIT, as the studio. It knows coloured shapes and the words for them and nothing else.',
  ])
  context.terminal.result(context.terminal.asJson ? JSON.stringify(validation) : `${outputDir} written in ${minutes.toFixed(1)} minutes`)
}
