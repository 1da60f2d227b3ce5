// Measures the pictures that have no measures yet. sharp decodes in its own threads; what is measured is saved chunk by
// chunk, so a check that was broken off goes on where it ended.
import { AppError } from '../../../../shared/errors'
import { measurePicture, measureVersion } from '../../compute/quality/measurePicture'
import type { NewMeasure } from '../../store/measureStore'
import type { Store } from '../../store/openStore'
import type { ImagesService } from '../images'
import type { Work } from '../tokens'

const chunkSize = 64
/** More than sharp has threads, so that none waits while another picture's pixels are measured. */
const concurrency = 8

export interface MeasuredCount {
  measuredCount: number
  failedCount: number
}

export async function measurePictures(store: Store, images: ImagesService, work: Work): Promise<MeasuredCount> {
  const missing = store.measures.listUnmeasured(measureVersion)
  let failedCount = 0
  work.report(0, missing.length)
  for (let start = 0; start < missing.length; start += chunkSize) {
    const chunk = missing.slice(start, start + chunkSize)
    const entries: NewMeasure[] = []
    const open = [...chunk]
    await Promise.all(Array.from({ length: concurrency }, async () => {
      for (let imageId = open.shift(); imageId !== undefined; imageId = open.shift()) {
        work.signal.throwIfAborted()
        entries.push(await measureOne(images, imageId))
      }
    }))
    store.measures.set(measureVersion, entries)
    for (const { imageId, error } of entries) {
      if (error === null) continue
      failedCount++
      work.log(`Picture ${imageId}: ${error}`)
    }
    work.report(Math.min(start + chunkSize, missing.length))
  }
  return { measuredCount: missing.length - failedCount, failedCount }
}

async function measureOne(images: ImagesService, imageId: number): Promise<NewMeasure> {
  try {
    const { path, recipe } = images.modelInput(imageId)
    const { hashes, ...measures } = await measurePicture(path, recipe, `Picture ${imageId}`)
    return { imageId, measures, hashes, error: null }
  } catch (thrown) {
    return { imageId, measures: null, hashes: null, error: AppError.from(thrown).message }
  }
}
