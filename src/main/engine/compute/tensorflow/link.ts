// What `npm run tensorflow:link` left behind: a TensorFlow that can be used as a device. Reading it loads nothing.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export const tensorflowDeviceId = 'tensorflow'

const linkSchema = z.object({ version: z.string(), usesGpu: z.boolean(), cardName: z.string().nullable(), cardBytes: z.number().nullable(), library: z.string() })

export interface TensorflowLink extends z.infer<typeof linkSchema> {
  /** The unpacked @tensorflow/tfjs-node with its binding. */
  bindingDir: string
  /** Null when everything is still where it was linked, otherwise what is missing. */
  missing: string | null
}

/** The folder of the studio, from the sources as from the build. */
function findRoot(): string | null {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return null
  }
}

/** Null where nothing was linked. `FUSELIP_TENSORFLOW_DIR` names another folder than the default. */
export function readTensorflowLink(): TensorflowLink | null {
  const root = findRoot()
  const folder = process.env['FUSELIP_TENSORFLOW_DIR'] ?? (root === null ? null : join(root, '.cache', 'tensorflow'))
  if (folder === null) return null
  let found: z.infer<typeof linkSchema>
  try {
    found = linkSchema.parse(JSON.parse(readFileSync(join(folder, 'link.json'), 'utf8')))
  } catch {
    return null
  }
  const bindingDir = join(folder, 'binding')
  const missing = [found.library, join(bindingDir, 'tfjs_binding.node')].find((path) => !existsSync(path)) ?? null
  return { ...found, bindingDir, missing }
}
