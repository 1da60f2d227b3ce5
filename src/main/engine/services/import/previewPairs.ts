// The first rows of a source as the pairs that they would become: read, mapped and drawn like in the import itself, but
// nothing is written into the project.
import sharp from 'sharp'
import type { PreviewPair } from '../../../../shared/contract/import'
import { AppError } from '../../../../shared/errors'
import { decodeImage } from '../../compute/image/decodeImage'
import type { DrawingsService } from '../drawings'
import { readPicture } from '../pictureIntake'
import { placeName, readPlace, type ImageSource } from './imageSource'
import type { DraftOrProblem, ImportDefaults } from './pairDraft'
import { readProblem } from './pictureBatch'

export const previewedRows = 6
const previewSizePx = 160

interface DrawnSide {
  drawingId: string | null
  problem: string | null
}

async function drawSide(source: ImageSource | null, drawings: DrawingsService): Promise<DrawnSide> {
  if (source === null) return { drawingId: null, problem: null }
  try {
    const bytes = await readPlace(source.place)
    await readPicture(bytes, `“${placeName(source.place)}”`, { withThumbnail: false })
    const { width, height, data } = await decodeImage(bytes, `“${placeName(source.place)}”`)
    const picture = sharp(data, { raw: { width, height, channels: 3 } })
    const box = source.cropBoxPx
    const part = box === null ? picture : picture.extract({ left: box.left, top: box.top, width: Math.min(box.width, width - box.left), height: Math.min(box.height, height - box.top) })
    const drawn = await part.resize({ width: previewSizePx, height: previewSizePx, fit: 'inside', withoutEnlargement: true }).raw().toBuffer({ resolveWithObject: true })
    return { drawingId: await drawings.add({ width: drawn.info.width, height: drawn.info.height, data: new Uint8Array(drawn.data) }), problem: null }
  } catch (thrown) {
    if (thrown instanceof AppError) return { drawingId: null, problem: thrown.message }
    return { drawingId: null, problem: readProblem(source.place.kind === 'bytes' ? source.place.name : source.place.path, thrown as NodeJS.ErrnoException).reason }
  }
}

export async function previewPairs(rows: AsyncIterable<DraftOrProblem>, defaults: ImportDefaults, drawings: DrawingsService): Promise<PreviewPair[]> {
  const shown: PreviewPair[] = []
  for await (const { draft, problem } of rows) {
    if (draft === null) {
      const empty = { drawingId: null, text: null }
      shown.push({ location: problem.location, left: empty, right: empty, ...defaults, status: 'unreviewed', tags: [], group: null, problem: problem.reason, isUsable: false })
    } else {
      const [left, right] = await Promise.all([drawSide(draft.leftImage, drawings), drawSide(draft.rightImage, drawings)])
      const { location, leftText, rightText, task, split, status, tags, group } = draft
      const reason = left.problem ?? right.problem
      shown.push({ location, left: { drawingId: left.drawingId, text: leftText }, right: { drawingId: right.drawingId, text: rightText }, task, split, status, tags, group, problem: reason, isUsable: reason === null })
    }
    if (shown.length >= previewedRows) break
  }
  return shown
}
