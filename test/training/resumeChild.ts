// One training in a process of its own, so that the test can kill it. Prints one line a step.
import { createHandlers } from '../../src/main/engine/compute/thread/handlers'
import type { TrainingRequest } from '../../src/main/engine/compute/thread/protocol'
import { trainableConfig } from '../helpers/tinyModel'
import { makePairs, makeRequest } from '../helpers/trainingRun'

export function resumeRequest(modelDir: string, runDir: string): TrainingRequest {
  return {
    ...makeRequest(runDir, { epochs: 4, batchSize: 8, checkpointEverySteps: 3, validateEverySteps: 4, remineEveryEpochs: 2 }),
    modelDir, pairs: makePairs(27, trainableConfig), validation: makePairs(6, trainableConfig, 200),
  }
}

const [, script, modelDir, runDir] = process.argv
if (script?.endsWith('resumeChild.ts')) {
  await createHandlers().train(resumeRequest(modelDir!, runDir!), {
    signal: new AbortController().signal,
    emit(event) {
      if (event.kind === 'metric') process.stdout.write(`step ${event.metric.step}\n`)
    },
  })
}
