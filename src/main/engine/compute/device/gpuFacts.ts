// Name and memory of the graphics card, for people. WebGPU tells neither in Node, so whoever knows is asked: NVIDIA's own
// tool, then the files in which Linux describes AMD cards.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface GpuFacts {
  name: string
  /** Null where nobody tells. */
  memoryBytes: number | null
}

const patienceMs = 5_000
const unknownGpu: GpuFacts = { name: 'Graphics card (WebGPU)', memoryBytes: null }

/** First line of `nvidia-smi --query-gpu=name,memory.total --format=csv,noheader,nounits`: name, MiB. */
export function parseNvidia(text: string): GpuFacts | null {
  const [name, mebibytes] = (text.trim().split('\n')[0] ?? '').split(',').map((part) => part.trim())
  const memory = Number(mebibytes)
  return name && Number.isFinite(memory) && memory > 0 ? { name: `${name} (WebGPU)`, memoryBytes: memory * 2 ** 20 } : null
}

const askNvidia = (): Promise<GpuFacts | null> => new Promise((resolve) => {
  execFile('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'], { timeout: patienceMs }, (error, output) =>
    resolve(error ? null : parseNvidia(output)))
})

/** @param root the folder `/sys/class/drm`, which only Linux has */
export async function readAmd(root = '/sys/class/drm'): Promise<GpuFacts | null> {
  const cards = (await readdir(root).catch(() => [])).filter((name) => /^card\d+$/.test(name)).sort()
  for (const card of cards) {
    const read = (file: string): Promise<string> => readFile(join(root, card, 'device', file), 'utf8').then((text) => text.trim(), () => '')
    const memory = Number(await read('mem_info_vram_total'))
    if (memory > 0) return { name: `${(await read('product_name')) || 'AMD graphics card'} (WebGPU)`, memoryBytes: memory }
  }
  return null
}

export const describeGpu = async (): Promise<GpuFacts> => (await askNvidia()) ?? (await readAmd()) ?? unknownGpu
