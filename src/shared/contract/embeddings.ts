import { z } from 'zod'
import { id } from './entities'
import { procedure } from './procedure'

export const embeddingsContract = {
  refresh: procedure('Starts a job that embeds the pairs of the project with a model, from cached picture tokens where there are any, and renews the scores of its current model. Null takes that model.',
    z.strictObject({ modelId: z.string().nullable().default(null) }), z.object({ jobId: id })),
}
