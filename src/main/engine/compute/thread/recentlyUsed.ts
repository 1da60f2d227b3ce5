// Keeps what was loaded from a folder, for a device, for the next call: a few entries, the one unused for longest goes
// first. A folder whose files changed since (the best checkpoint of a run is replaced in place) is loaded again.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface Disposable {
  dispose(): Promise<void>
}

interface Entry<T> {
  stamp: string
  loading: Promise<T>
}

const watchedFiles = ['config.json', 'model.safetensors', 'pytorch_model.bin']

/** Changes whenever the files of a model folder do. */
export async function stampOf(dir: string): Promise<string> {
  const stamps = await Promise.all(watchedFiles.map((name) => stat(join(dir, name)).then(({ mtimeMs, size, ino }) => `${mtimeMs}-${size}-${ino}`, () => 'none')))
  return stamps.join(' ')
}

export interface RecentlyUsed<T, V> {
  get(dir: string, variant: V): Promise<T>
  /** Disposes everything that is held. */
  clear(): Promise<void>
}

/**
 * @param load may throw; a failed load is not kept. Variants with equal JSON are the same
 * @param capacity entries kept; what is pushed out is disposed
 */
export function createRecentlyUsed<T extends Disposable, V>(capacity: number, load: (dir: string, variant: V) => Promise<T>): RecentlyUsed<T, V> {
  const entries = new Map<string, Entry<T>>()
  const drop = async (key: string, entry: Entry<T>): Promise<void> => {
    if (entries.get(key) === entry) entries.delete(key)
    await entry.loading.then((value) => value.dispose()).catch(() => undefined)
  }
  const get = async (dir: string, variant: V): Promise<T> => {
    const key = `${dir}\n${JSON.stringify(variant)}`
    const stamp = await stampOf(dir)
    const found = entries.get(key)
    if (found && found.stamp === stamp) {
      entries.delete(key)
      entries.set(key, found)
      return found.loading
    }
    if (found) void drop(key, found)
    const entry = { stamp, loading: load(dir, variant) }
    entries.set(key, entry)
    entry.loading.catch(() => { if (entries.get(key) === entry) entries.delete(key) })
    for (const [oldest, stale] of entries) {
      if (entries.size <= capacity) break
      void drop(oldest, stale)
    }
    return entry.loading
  }
  return { get, clear: async () => void (await Promise.all([...entries].map(([key, entry]) => drop(key, entry)))) }
}
