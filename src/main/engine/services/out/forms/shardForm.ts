// WebDataset: tar shards for each split. The members of a sample are named as the published training reads them
// (.left.jpg, .left.txt, .right.jpg, .right.txt), or plainly (.jpg, .txt) for pairs of one picture and one caption.
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { extname, join } from 'node:path'
import { pack, type Pack } from 'tar-stream'
import type { Split } from '../../../../../shared/contract/entities'
import type { DataExportOptions } from '../../../../../shared/contract/exports'
import { ownShardMark } from '../../import/shardReader'
import { isCaptionShaped, type OutPair } from '../outPair'
import type { PictureOutput } from '../pictureOutput'
import { bySplit } from './bySplit'
import type { FormWriter, OutForm } from './outForm'
import { toRow } from './tableRow'

/** Header and padding of a member. */
const memberBytes = 1024

/** One open archive. Same pairs, same bytes: members carry no time. */
class Shard {
  sizeBytes = 0
  readonly #pack: Pack = pack()
  readonly #file: WriteStream
  readonly #ended: Promise<unknown>

  constructor(path: string) {
    this.#file = createWriteStream(path, { flags: 'wx' })
    this.#ended = once(this.#file, 'close')
    // Whoever writes next, or finishes, is told.
    this.#ended.catch(() => undefined)
    this.#pack.on('error', () => undefined)
    this.#file.on('error', error => this.#pack.destroy(error))
    this.#pack.pipe(this.#file)
  }

  async add(name: string, content: Uint8Array): Promise<void> {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    await new Promise<void>((resolve, reject) => {
      this.#pack.entry({ name, mtime: new Date(0), mode: 0o644 }, bytes, error => (error ? reject(this.#file.errored ?? error) : resolve()))
    })
    this.sizeBytes += bytes.length + memberBytes
    if (this.#file.writableNeedDrain) await Promise.race([once(this.#file, 'drain'), this.#ended])
  }

  async finish(): Promise<void> {
    this.#pack.finalize()
    await this.#ended
  }

  async abandon(): Promise<void> {
    this.#pack.destroy()
    this.#file.destroy()
    await this.#ended.catch(() => undefined)
  }
}

interface Member {
  ending: string
  bytes: Uint8Array
}

const textMember = (ending: string, text: string | null): Member[] => (text === null ? [] : [{ ending, bytes: Buffer.from(text, 'utf8') }])

async function membersOf(pair: OutPair, pictures: PictureOutput, isPlain: boolean): Promise<Member[]> {
  const members: Member[] = []
  for (const side of ['left', 'right'] as const) {
    const { picture, text } = pair[side]
    const stem = isPlain ? '' : `.${side}`
    if (picture !== null) members.push({ ending: `${stem}${extname(pictures.nameOf(picture))}`, bytes: await pictures.bytesOf(picture) })
    members.push(...textMember(`${stem}.txt`, text?.replace(/\p{Surrogate}/gu, '\ufffd') ?? null))
  }
  const { task, split, status, group, tags, left_recipe: leftRecipe, right_recipe: rightRecipe } = toRow(pair, pictures, { left: null, right: null })
  const facts = { [ownShardMark]: 1, task, split, status, group, tags, left_recipe: leftRecipe, right_recipe: rightRecipe }
  members.push(...textMember('.json', JSON.stringify(Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null)))))
  return members
}

function shards(folder: string, split: Split, pictures: PictureOutput, { shardMegabytes, plainMembers }: DataExportOptions): FormWriter {
  let shard: Shard | null = null
  let shardCount = 0
  let sampleCount = 0
  return {
    write: async pair => {
      const members = await membersOf(pair, pictures, plainMembers)
      if (shard !== null && shard.sizeBytes >= shardMegabytes * 1024 * 1024) {
        await shard.finish()
        shard = null
      }
      shard ??= new Shard(join(folder, `${split}-${String(shardCount++).padStart(6, '0')}.tar`))
      const key = String(sampleCount++).padStart(9, '0')
      for (const { ending, bytes } of members) await shard.add(`${key}${ending}`, bytes)
    },
    finish: async () => { await shard?.finish() },
    abandon: async () => { await shard?.abandon() },
  }
}

export const shardForm: OutForm = {
  form: 'webdataset',
  canHold: (pair, { plainMembers }) => !plainMembers || isCaptionShaped(pair),
  open: (folder, pictures, options) => Promise.resolve(bySplit(split => shards(folder, split, pictures, options))),
}
