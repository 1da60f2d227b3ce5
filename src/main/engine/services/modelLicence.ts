// The licence of a model: its own, or for a tuned model that of the model its run was started from.
import type { Store } from '../store/openStore'
import type { ModelsService } from './models'

/** Longer chains of runs do not occur; it only keeps a damaged store from going round in circles. */
const longestChain = 20

/** Null where it is not known. */
export async function licenceOf({ models, store }: { models: ModelsService; store: Pick<Store, 'runs'> }, modelId: string): Promise<string | null> {
  for (let id = modelId, depth = 0; depth < longestChain; depth++) {
    const model = await models.resolve(id).catch(() => null)
    if (!model) return null
    if (model.runId === null) return model.licence
    id = store.runs.get(model.runId).baseModelId
  }
  return null
}
