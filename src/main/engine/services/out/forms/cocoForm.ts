// COCO captions: one file for each split, pictures beside them. Captions are written as they come, and the list of their
// pictures behind them: memory holds one number for each picture.
import { join } from 'node:path'
import type { Split } from '../../../../../shared/contract/entities'
import { isCaptionShaped, type OutPair } from '../outPair'
import type { PictureOutput } from '../pictureOutput'
import { TextFile } from '../textFile'
import { bySplit } from './bySplit'
import type { FormWriter, OutForm } from './outForm'

function captionFile(folder: string, pictures: PictureOutput, split: Split): FormWriter {
  let opened: Promise<{ captions: TextFile; images: TextFile }> | null = null
  const imageIds = new Set<number>()
  let captionCount = 0
  const path = join(folder, `captions_${split}.json`)
  const open = async (): Promise<{ captions: TextFile; images: TextFile }> => {
    const captions = await TextFile.create(path)
    const images = await TextFile.create(`${path}.images`)
    await captions.write('{"info": {"description": "Written by FuseLIP Studio"}, "licenses": [], "annotations": [\n')
    return { captions, images }
  }
  return {
    write: async (pair: OutPair) => {
      const picture = pair.left.picture!
      const placed = await pictures.placeIn(folder, picture)
      opened ??= open()
      const { captions, images } = await opened
      await captions.write(`${captionCount === 0 ? '' : ',\n'}${JSON.stringify({ id: pair.id, image_id: picture.image.id, caption: pair.right.text })}`)
      captionCount++
      if (imageIds.has(picture.image.id)) return
      const { id, widthPx, heightPx } = picture.image
      await images.write(`${imageIds.size === 0 ? '' : ',\n'}${JSON.stringify({ id, file_name: placed, width: widthPx, height: heightPx })}`)
      imageIds.add(id)
    },
    finish: async () => {
      if (opened === null) return
      const { captions, images } = await opened
      await images.finish()
      await captions.write('\n], "images": [\n')
      await captions.append(`${path}.images`)
      await captions.write('\n]}\n')
      await captions.finish()
    },
    abandon: async () => {
      const files = await opened?.catch(() => null)
      await files?.captions.abandon()
      await files?.images.abandon()
    },
  }
}

export const cocoForm: OutForm = {
  form: 'coco',
  canHold: isCaptionShaped,
  open: (folder, pictures) => Promise.resolve(bySplit(split => captionFile(folder, pictures, split))),
}
