// Toybox items as training pairs: pictures tokenized once, groups as lists of indices.
import { decodeText, encodeText } from '../compute/text/tokenizer'
import type { TrainingPair } from '../compute/thread/protocol'
import { imageBatchSize } from '../compute/titok/imageTokenizer'
import type { ImageTokenizer } from '../compute/titok/imageTokenizer'
import type { ToyImage } from '../toybox/picture'
import { generateToybox } from '../toybox/dataset'
import type { ToyItem, ToySide, ToyTask } from '../toybox/dataset'

export interface ToyboxPairs {
  pairs: TrainingPair[]
  groups: number[][]
}

const reportEveryPairs = 500

function groupsOf(items: readonly ToyItem[]): number[][] {
  const byKey = new Map<string, number[]>()
  items.forEach(({ groupKey }, index) => {
    if (groupKey === null) return
    const members = byKey.get(groupKey)
    if (members) members.push(index)
    else byKey.set(groupKey, [index])
  })
  return [...byKey.values()]
}

export async function toyboxPairs(
  tokenizer: ImageTokenizer, seed: number, count: number, onProgress: (done: number) => void, taskWeights?: Partial<Record<ToyTask, number>>,
): Promise<ToyboxPairs> {
  const sizePx = tokenizer.config.imageSizePx
  const items: Pick<ToyItem, 'groupKey'>[] = []
  const pairs: TrainingPair[] = []
  let waiting: ToyItem[] = []

  const flush = async (): Promise<void> => {
    const images = [...new Set(waiting.flatMap(({ left, right }) => [left.image, right.image]).filter((image) => image !== null))]
    const codes = new Map<ToyImage, Uint16Array>()
    for (let start = 0; start < images.length; start += imageBatchSize) {
      const block = images.slice(start, start + imageBatchSize)
      const encoded = await tokenizer.encode(block.map(({ pixels }) => ({ width: sizePx, height: sizePx, data: pixels })))
      block.forEach((image, index) => codes.set(image, encoded[index]!))
    }
    for (const { left, right, groupKey } of waiting) {
      const side = ({ image, text }: ToySide) => ({ codes: image && codes.get(image)!, text })
      const key = ({ image, text }: ToySide): string => `${image ? codes.get(image)!.join(' ') : ''}|${text === null ? '' : decodeText(encodeText(text))}`
      pairs.push({ pairId: pairs.length + 1, left: side(left), right: side(right), leftKey: key(left), rightKey: key(right) })
      items.push({ groupKey })
    }
    waiting = []
  }

  for (const item of generateToybox({ seed, count, domain: 'plain', sizePx, ...(taskWeights && { taskWeights }) })) {
    waiting.push(item)
    if (waiting.length < reportEveryPairs) continue
    await flush()
    onProgress(pairs.length)
  }
  await flush()
  return { pairs, groups: groupsOf(items as ToyItem[]) }
}
