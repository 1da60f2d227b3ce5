// The sizes that a model can be made in from random weights: JSON files below resources/sizes.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { modelSizeSchema, type ModelSize, type Tokenizer } from '../../../shared/contract/models'
import { countFuselipParameters } from '../compute/fuselip/parameterShapes'
import { z } from 'zod'

const fileSchema = modelSizeSchema.omit({ id: true, parameterCount: true, tokenizerId: true }).extend({ order: z.number() })

/** With the parameter count of the tokenizer that a size is meant for, and the installed one that fits it. */
export async function readModelSizes(dir: string, tokenizers: readonly Tokenizer[]): Promise<ModelSize[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.json'))
  const sizes = await Promise.all(names.map(async (name) => ({ id: name.slice(0, -'.json'.length), ...fileSchema.parse(JSON.parse(await readFile(join(dir, name), 'utf8'))) })))
  return sizes.sort((a, b) => a.order - b.order).map(({ order: _order, ...size }) => ({
    ...size,
    parameterCount: countFuselipParameters({ ...size, hasMask: true }),
    tokenizerId: tokenizers.find(({ codebookSize, codeCount }) => codebookSize === size.codebookSize && codeCount === size.imageTokenCount)?.id ?? null,
  }))
}
