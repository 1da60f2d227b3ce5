// Reads a JSON file element by element, so that one of a gigabyte needs no more memory than its largest element. An
// element is an item of the outermost list, or of a list that is a member of the outermost object, or another member.
import { readTextBlocks } from './textEncoding'

export interface JsonElement {
  /** Name of the member that holds it; null for items of an outermost list. */
  key: string | null
  /** Place in its list; null for a member that is no list. */
  index: number | null
  value: unknown
}

/** One picture's annotations take some kilobytes. */
const longestElement = 32 * 1024 * 1024

export class BrokenJson extends Error {}

/** @throws BrokenJson where the text stops being JSON; what came before was yielded */
export async function* readJsonElements(path: string): AsyncGenerator<JsonElement> {
  const text = new JsonText(readTextBlocks(path, 'utf-8'))
  try {
    const first = await text.peek()
    if (first === '[') yield* text.items(null)
    else if (first === '{') yield* text.members()
    else throw text.broken(`expected “[” or “{” at the beginning, got ${first === '' ? 'an empty file' : `“${first}”`}`)
  } finally {
    await text.close()
  }
}

class JsonText {
  #text = ''
  #position = 0
  #passedCount = 0
  readonly #blocks: AsyncGenerator<string>

  constructor(blocks: AsyncGenerator<string>) {
    this.#blocks = blocks
  }

  async close(): Promise<void> {
    await this.#blocks.return(undefined)
  }

  broken(reason: string): BrokenJson {
    return new BrokenJson(`The file is not whole JSON near character ${(this.#passedCount + this.#position).toLocaleString('en')}: ${reason}.`)
  }

  /** The next character that is not white space; empty at the end. */
  async peek(): Promise<string> {
    for (;;) {
      const found = this.peekLoaded()
      if (found !== null) return found
      if (!(await this.#load())) return ''
    }
  }

  /** Null when the next block must be loaded first. */
  peekLoaded(): string | null {
    for (; this.#position < this.#text.length; this.#position++) {
      const code = this.#text.charCodeAt(this.#position)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return this.#text[this.#position]!
    }
    return null
  }

  async *items(key: string | null): AsyncGenerator<JsonElement> {
    this.#position++
    for (let index = 0; ; ) {
      const next = this.peekLoaded() ?? (await this.peek())
      if (next === ']') {
        this.#position++
        return
      }
      if (next === ',') this.#position++
      else {
        const loaded = this.#valueLoaded()
        // Not by “??”: null is a value.
        yield { key, index: index++, value: loaded === undefined ? await this.#value() : loaded }
      }
    }
  }

  async *members(): AsyncGenerator<JsonElement> {
    this.#position++
    for (;;) {
      const next = await this.peek()
      if (next === '}') return
      if (next === ',') {
        this.#position++
        continue
      }
      const key = await this.#value()
      if (typeof key !== 'string' || (await this.peek()) !== ':') throw this.broken('expected a name and a colon')
      this.#position++
      if ((await this.peek()) === '[') yield* this.items(key)
      else yield { key, index: null, value: await this.#value() }
    }
  }

  /** Undefined when the value reaches into the next block; JSON itself knows no such value. */
  #valueLoaded(): unknown {
    const end = endOfValue(this.#text, this.#position)
    if (end === -1) return undefined
    const source = this.#text.slice(this.#position, end)
    try {
      const value = JSON.parse(source) as unknown
      this.#position = end
      return value
    } catch (thrown) {
      throw this.broken((thrown as Error).message)
    }
  }

  async #value(): Promise<unknown> {
    await this.peek()
    for (;;) {
      const value = this.#valueLoaded()
      if (value !== undefined) return value
      if (this.#text.length - this.#position > longestElement) throw this.broken(`one element is longer than ${longestElement / 2 ** 20} MiB`)
      if (!(await this.#load())) throw this.broken('it ends in the middle; the file was cut short')
    }
  }

  async #load(): Promise<boolean> {
    const { value, done } = await this.#blocks.next()
    if (done === true) return false
    this.#passedCount += this.#position
    this.#text = this.#text.slice(this.#position) + value
    this.#position = 0
    return true
  }
}

/** Index behind the value that starts at `start`, or −1 when its end is not there yet. */
function endOfValue(text: string, start: number): number {
  const first = text[start]
  if (first === '"') return endOfString(text, start)
  if (first !== '{' && first !== '[') {
    const marks = /[,\]}:\s]/g
    marks.lastIndex = start
    const found = marks.exec(text)
    // A stray mark is taken as a value of its own, so that parsing it tells what is wrong.
    return found === null ? -1 : Math.max(found.index, start + 1)
  }
  const structure = /["{}[\]]/g
  structure.lastIndex = start
  for (let depth = 0; ; ) {
    const found = structure.exec(text)
    if (found === null) return -1
    const mark = found[0]
    if (mark === '"') {
      const end = endOfString(text, found.index)
      if (end === -1) return -1
      structure.lastIndex = end
    } else if (mark === '{' || mark === '[') depth++
    else if (--depth === 0) return structure.lastIndex
  }
}

function endOfString(text: string, start: number): number {
  for (let from = start + 1; ; ) {
    const end = text.indexOf('"', from)
    if (end === -1) return -1
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return end + 1
    from = end + 1
  }
}
