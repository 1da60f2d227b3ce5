// Training presets: one JSON file each in resources/presets. A wrong file is an error that names it, never ignored.
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Preset } from '../../../shared/contract/runs'
import { AppError } from '../../../shared/errors'
import { recipeSchema } from '../../../shared/recipe'

const presetFileSchema = z.strictObject({ name: z.string().min(1), description: z.string().min(1), recipe: recipeSchema })

/** @throws AppError 'bad-input' naming the file and the field */
export async function readPresets(presetsDir: string): Promise<Preset[]> {
  const fileNames = (await readdir(presetsDir)).filter((name) => name.endsWith('.json'))
  const presets = await Promise.all(fileNames.map((name) => readPreset(join(presetsDir, name))))
  return presets.sort((a, b) => a.recipe.epochs - b.recipe.epochs || a.id.localeCompare(b.id))
}

async function readPreset(path: string): Promise<Preset> {
  const fileName = basename(path)
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new AppError('bad-input', `The preset “${fileName}” is not JSON: ${(cause as Error).message}.`, 'Correct or remove the file.', { cause })
  }
  const parsed = presetFileSchema.safeParse(json)
  if (!parsed.success) {
    throw new AppError('bad-input', `The preset “${fileName}” is wrong: ${z.prettifyError(parsed.error)}`, 'Correct or remove the file.')
  }
  return { id: basename(fileName, '.json'), ...parsed.data }
}
