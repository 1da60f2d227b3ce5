// Small real picture files for imports.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp, { type Sharp } from 'sharp'

/** Noise in a colour that depends on `seed`: every seed gives other bytes, and PNG cannot shrink it much. */
export function picture(seed: number, width = 24, height = 16): Sharp {
  const data = Buffer.alloc(width * height * 3)
  let state = seed * 2654435761 + 1
  for (let index = 0; index < data.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[index] = state >>> 24
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
}

/** Writes files below a folder: text as it is, numbers as PNG pictures of that seed. */
export async function writeFolder(folder: string, files: Record<string, string | Uint8Array | number>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'number' ? await picture(content).png().toBuffer() : content)
  }
  return folder
}
