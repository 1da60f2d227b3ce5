// What the compute thread does to tell which pairs deserve attention: learn from decisions, and find clusters.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { learnDecisions, predictDecisions, type DecisionFigures, type DecisionModel, type DecisionRequest } from '../attention/decisionModel'
import { assignRows, findCentres, type Assigned } from '../attention/kMeans'
import type { TakeTurn } from './turns'

export interface AttentionMethods {
  learnDecisions: { request: DecisionRequest; result: { model: DecisionModel; figures: DecisionFigures }; event: never }
  predictDecisions: { request: { model: DecisionModel; left: Float32Array; right: Float32Array }; result: { probabilities: Float32Array }; event: never }
  /** Centres are [K, D]; K is at most the number of rows. */
  findCentres: { request: { rows: Float32Array; width: number; clusterCount: number; seed: number }; result: { centres: Float32Array }; event: never }
  assignRows: { request: { rows: Float32Array; centres: Float32Array; width: number }; result: Assigned; event: never }
}

interface Call { signal: AbortSignal }

export function createAttentionHandlers(takeTurn: TakeTurn) {
  /** Plain code keeps the thread to itself while it runs: between its pieces whoever waits comes first, and a given-up call ends. */
  const breatheFor = ({ signal }: Call) => async (): Promise<void> => {
    await takeTurn(() => nextTurn())
    signal.throwIfAborted()
  }
  return {
    learnDecisions: (request: AttentionMethods['learnDecisions']['request'], call: Call) => learnDecisions(request, breatheFor(call)),
    predictDecisions: async ({ model, left, right }: AttentionMethods['predictDecisions']['request']) => ({ probabilities: predictDecisions(model, left, right) }),
    findCentres: async ({ rows, width, clusterCount, seed }: AttentionMethods['findCentres']['request'], call: Call) =>
      ({ centres: await findCentres(rows, width, { clusterCount, seed, breathe: breatheFor(call) }) }),
    assignRows: async ({ rows, centres, width }: AttentionMethods['assignRows']['request']) => assignRows(rows, centres, width),
  }
}
