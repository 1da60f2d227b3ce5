// Maps of the project: a job lays the pairs out by their embeddings; the places are kept, and what a point shows (a field, a
// match of the filter) is read for all points when it is asked for.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MapColour, MapField, MapMethod, MapSide, PairMap } from '../../../shared/contract/maps'
import type { PairFilter } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import type { LayoutClient } from '../compute/layout/layoutClient'
import type { JobContext, JobRunner } from '../jobs/runner'
import { hasBit } from '../store/pairBits'
import type { StoredMap } from '../store/mapStore'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import type { EmbeddingJobs } from './embeddingJobs'
import { colourPoints } from './mapColours'
import { contentHash, gatherVectors } from './mapPoints'
import type { ModelsService, UsableModel } from './models'
import type { NumberArrays } from './numberArrays'
import type { SideVectors } from './sideVectors'

export interface MapsDependencies {
  store: Store
  jobs: JobRunner
  models: ModelsService
  embeddingJobs: EmbeddingJobs
  sideVectors: SideVectors
  arrays: NumberArrays
  layout: LayoutClient
  changes: ChangeBus
}

interface Named {
  modelId: string | null
  side: MapSide
  method: MapMethod
}

/** UMAP's time grows faster than its points: measured, 20,000 take about a minute of one core, and 100,000 would take ten. */
export const umapSampleLimit = 20_000
const pageSize = 4096

export class MapsService {
  /** The map that was read last: colours and matches are asked for again and again. */
  #latest: { key: string; map: StoredMap } | null = null

  constructor(private readonly dependencies: MapsDependencies) {}

  async make({ seed, neighbourCount, ...named }: Named & { seed: number; neighbourCount: number }): Promise<{ jobId: number }> {
    const model = await this.#model(named.modelId)
    const sideWords = { pair: 'pairs', left: 'left sides', right: 'right sides' }[named.side]
    const title = `Map ${sideWords} with ${model.name} by ${named.method === 'pca' ? 'PCA' : 'UMAP'}`
    const job = this.dependencies.jobs.start({ kind: 'map', title }, (context) => this.#make(model, { ...named, seed, neighbourCount }, context))
    return { jobId: job.id }
  }

  async get(named: Named): Promise<PairMap | null> {
    const { store, arrays } = this.dependencies
    const model = await this.#model(named.modelId)
    const map = this.#find(model, named)
    if (map === null) return null
    const changes = await this.#countChanges(map)
    const { seed, neighbourCount, sampleCount, explained, madeAtMs, pairIds, places } = map
    return {
      modelId: model.id, side: named.side, method: named.method, seed, neighbourCount, sampleCount, explained, madeAtMs, pairCount: pairIds.length,
      // A map of weights that were trained on since is all old.
      ...(map.cacheId === model.cacheId ? changes : { newCount: store.project.counts().pairCount - pairIds.length, changedCount: pairIds.length }),
      pointsId: await arrays.add(pairIds, places),
    }
  }

  async colour({ field, ...named }: Named & { field: MapField }): Promise<MapColour> {
    const { store, arrays } = this.dependencies
    return colourPoints(store, arrays, field, (await this.#need(named)).pairIds)
  }

  async match({ filter, ...named }: Named & { filter: PairFilter }): Promise<{ valuesId: string; matchCount: number }> {
    const { store, arrays } = this.dependencies
    const { pairIds } = await this.#need(named)
    const matches = new Uint8Array(pairIds.length)
    let matchCount = 0
    const bits = store.pairs.index.matching(filter)
    pairIds.forEach((id, place) => {
      if (!hasBit(bits, id)) return
      matches[place] = 1
      matchCount += 1
    })
    return { valuesId: await arrays.add(matches), matchCount }
  }

  async #make(model: UsableModel, { side, method, seed, neighbourCount }: Omit<Named, 'modelId'> & { seed: number; neighbourCount: number }, context: JobContext): Promise<string> {
    const { store, embeddingJobs, sideVectors, layout, changes } = this.dependencies
    const read = (): ReturnType<SideVectors['get']> => {
      context.enterPhase('reading embeddings')
      return sideVectors.get(model.cacheId, { signal: context.signal, report: (done, total) => context.report(done, total) })
    }
    let known = await read()
    if (known.leftRows.includes(-1) || known.rightRows.includes(-1)) {
      await embeddingJobs.embedAll(model, context)
      known = await read()
    }
    const { pairIds, vectors, leftOutCount } = gatherVectors(known, side)
    if (pairIds.length === 0) throw new AppError('bad-input', 'There is nothing to lay out: no pair has an embedding.', 'Import pairs first, or look at the log for pictures that cannot be read.')
    if (leftOutCount) context.log(`${leftOutCount} pairs are left out because a picture cannot be read.`)
    let phase = ''
    const { places, sampleCount, explained } = await layout.layOut({ vectors, width: known.width, method, seed, neighbourCount, sampleLimit: umapSampleLimit }, {
      signal: context.signal,
      onProgress: (progress) => {
        if (progress.phase !== phase) context.enterPhase(progress.phase, progress.total)
        phase = progress.phase
        context.report(progress.done, progress.total)
      },
    })
    context.enterPhase('keeping the map')
    const contents = await this.#hashContents(pairIds)
    this.#latest = null
    store.maps.set({ modelId: model.id, side, method }, { cacheId: model.cacheId, revision: known.revision, seed, neighbourCount, sampleCount, explained, madeAtMs: Date.now(), pairIds, places, contents })
    changes.publish({ topic: 'project' })
    const placed = pairIds.length - sampleCount
    return `${pairIds.length.toLocaleString('en')} pairs on the map${placed ? `, ${placed.toLocaleString('en')} of them placed by their neighbours` : ''}`
  }

  async #hashContents(pairIds: Int32Array): Promise<Int32Array> {
    const contents = new Int32Array(pairIds.length)
    let at = 0
    for (let afterId = 0; at < pairIds.length; ) {
      const page = this.dependencies.store.maps.listSides(afterId, pageSize)
      if (!page.length) break
      for (const row of page) {
        while (at < pairIds.length && pairIds[at]! < row.id) at += 1
        if (pairIds[at] === row.id) contents[at++] = contentHash(row)
      }
      afterId = page.at(-1)!.id
      await nextTurn()
    }
    return contents
  }

  /** Only pairs that were edited since are looked at, and of those only what a model sees counts. */
  async #countChanges(map: StoredMap): Promise<{ newCount: number; changedCount: number }> {
    const placeOf = new Map<number, number>()
    map.pairIds.forEach((id, place) => placeOf.set(id, place))
    const counts = { newCount: 0, changedCount: 0 }
    for (let afterId = 0; ; ) {
      const page = this.dependencies.store.maps.listSides(afterId, pageSize, map.revision)
      if (!page.length) return counts
      for (const row of page) {
        const place = placeOf.get(row.id)
        if (place === undefined) counts.newCount += 1
        else if (map.contents[place] !== contentHash(row)) counts.changedCount += 1
      }
      afterId = page.at(-1)!.id
      await nextTurn()
    }
  }

  #find(model: UsableModel, { side, method }: Named): StoredMap | null {
    const key = [model.id, side, method].join('\n')
    if (this.#latest?.key === key) return this.#latest.map
    const map = this.dependencies.store.maps.find({ modelId: model.id, side, method })
    this.#latest = map && { key, map }
    return map
  }

  async #need(named: Named): Promise<StoredMap> {
    const map = this.#find(await this.#model(named.modelId), named)
    if (map === null) throw new AppError('not-found', 'There is no such map.', 'Make the map first.')
    return map
  }

  #model(modelId: string | null): Promise<UsableModel> {
    return this.dependencies.models.resolve(modelId ?? this.dependencies.store.project.get().currentModelId)
  }
}
