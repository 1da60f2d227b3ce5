// A synthetic project of a million pairs with what makes queries hard: captions of words as frequent as in English (Zipf),
// scores, tags of very uneven size, groups and pictures. Pairs go in as an import puts them in.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createStore, openStore, type Store } from '../../src/main/engine/store/openStore'
import type { PairRow } from '../../src/main/engine/store/pairStore'
import { seededRandom } from '../helpers/seededRandom'

const batchSize = 2000
const common = ['a', 'of', 'the', 'in', 'on', 'with', 'and', 'red', 'car', 'man', 'woman', 'street', 'is', 'white', 'two', 'blue', 'dog', 'standing', 'table', 'black']
const syllables = ['ka', 'lo', 'mi', 'ter', 'van', 'sho', 'pel', 'dri', 'gun', 'be', 'rra', 'sto', 'nin', 'qua', 'fex', 'wol']
const tags = ['checked', 'blur', 'from web', 'crop', 'night', 'logo', 'faces', 'dup', 'rare']

export interface MadeProject {
  store: Store
  /** Null where the project was there already. */
  insert: { pairsPerSecond: number; processorMicroseconds: number } | null
}

/** Opens the project of an earlier run where there is one of this size. */
export function openMillion(projectDir: string, pairCount: number): MadeProject {
  if (existsSync(join(projectDir, 'project.sqlite'))) {
    const store = openStore(projectDir)
    if (store.pairs.count({ query: '' }) === pairCount) return { store, insert: null }
    store.close()
    throw new Error(`“${projectDir}” holds a project of another size; choose another folder, or delete it.`)
  }
  const store = createStore(projectDir, { name: 'A million', isSample: false })
  const startedAtMs = performance.now()
  const startedUsage = process.cpuUsage()
  fill(store, pairCount)
  const { user, system } = process.cpuUsage(startedUsage)
  return { store, insert: { pairsPerSecond: pairCount / (performance.now() - startedAtMs) * 1000, processorMicroseconds: (user + system) / pairCount } }
}

function fill(store: Store, pairCount: number): void {
  const random = seededRandom(1)
  const vocabulary = [...common, ...Array.from({ length: 20_000 }, (_, index) => `${syllables[index % 16]!}${syllables[(index >> 4) % 16]!}${syllables[(index >> 8) % 16]!}${index > 4096 ? index >> 12 : ''}`)]
  // The word of rank r comes with a chance near 1/r.
  const word = (): string => vocabulary[Math.min(vocabulary.length - 1, Math.floor(vocabulary.length ** random() - 1))]!
  const caption = (): string => `a ${Array.from({ length: 6 + Math.floor(random() * 9) }, word).join(' ')}`
  const importId = store.imports.start('a million rows', '/none', 'bench')
  for (let start = 1; start <= pairCount; start += batchSize) {
    store.transaction(() => {
      const revision = store.project.nextRevision()
      for (let id = start; id < Math.min(start + batchSize, pairCount + 1); id += 1) {
        const isQuestion = random() < 0.15
        const imageId = store.images.ensure({ hash: `synthetic ${id % 700_000}`, widthPx: 640, heightPx: 480, format: 'jpeg', byteCount: 90_000, relativePath: `images/${id % 700_000}.jpg`, sourceName: `${id}.jpg` })
        const row: PairRow = {
          leftImageId: imageId, leftText: isQuestion ? `what is ${word()} ${word()}?` : null, rightImageId: null, rightText: caption(),
          task: isQuestion ? 'vqa' : random() < 0.1 ? 'region' : 'caption', split: random() < 0.9 ? 'train' : random() < 0.5 ? 'validation' : 'test',
          status: random() < 0.7 ? 'unreviewed' : random() < 0.8 ? 'accepted' : 'rejected',
          score: random() < 0.9 ? random() * 0.8 - 0.1 : null, scoreModelId: 'bundled:nano', importKey: `key ${id}`, importId,
          tags: tags.filter((_, index) => random() < 0.4 / 3 ** index),
        }
        store.pairs.insert(id, row, revision)
        if (id % 10 === 0) store.groups.addToDataGroup(`g${Math.floor(id / 50)}`, id)
      }
    })
  }
  store.imports.finish(importId)
}
