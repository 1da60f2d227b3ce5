// Forms whose readers tell the splits by the names of files have one writer for each split, opened when its first pair comes.
import type { Split } from '../../../../../shared/contract/entities'
import type { OutPair } from '../outPair'
import type { FormWriter } from './outForm'

export function bySplit(open: (split: Split) => FormWriter): FormWriter {
  const writers = new Map<Split, FormWriter>()
  const writerOf = (split: Split): FormWriter => {
    const writer = writers.get(split) ?? open(split)
    writers.set(split, writer)
    return writer
  }
  return {
    write: (pair: OutPair) => writerOf(pair.split).write(pair),
    finish: async () => { for (const writer of writers.values()) await writer.finish() },
    abandon: async () => { for (const writer of writers.values()) await writer.abandon() },
  }
}
