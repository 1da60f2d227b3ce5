// A restricted unpickler: reads the pickles that PyTorch writes for state dicts and refuses all else. Nothing named in
// a pickle is ever called; each allowed name has a plain function here. Dictionaries become Maps, tuples and lists
// arrays. Source: the opcode table of CPython's Lib/pickletools.py, protocols 2 to 4.
import { AppError } from '../../../../shared/errors'

/** What an allowed global does when the pickle applies it to arguments; null where it is only named, never applied. */
export type GlobalFunction = ((args: unknown[]) => unknown) | null

/** A global by its dotted name, as a value on the pickle's stack. */
export class NamedGlobal {
  constructor(readonly name: string) {}
}

export interface UnpickleOptions {
  label: string
  globals: ReadonlyMap<string, GlobalFunction>
  /** Turns a persistent id (for PyTorch: the description of a storage) into a value. */
  persistent: (id: unknown) => unknown
}

const mark = Symbol('mark')
const highestProtocol = 4
const utf8 = new TextDecoder('utf-8', { fatal: true })
const latin1 = new TextDecoder('latin1')

export function badPickle(label: string, reason: string): AppError {
  return new AppError(
    'bad-model', `${label} cannot be read as PyTorch weights: ${reason}.`,
    'Save the state dict alone with a current PyTorch, or convert it to safetensors.',
  )
}

class PickleMachine {
  private readonly stack: unknown[] = []
  private readonly memo = new Map<number, unknown>()
  private readonly view: DataView
  private position = 0

  constructor(private readonly bytes: Uint8Array, private readonly options: UnpickleOptions) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  fail(reason: string): AppError {
    return badPickle(this.options.label, `${reason} (byte ${this.position} of the pickle)`)
  }

  run(): unknown {
    for (;;) {
      const opcode = this.take(1)[0]!
      if (opcode === 0x2e) return this.pop() // STOP
      this.step(opcode)
    }
  }

  private take(length: number): Uint8Array {
    if (length > this.bytes.length - this.position) throw this.fail('it ends too early')
    return this.bytes.subarray(this.position, (this.position += length))
  }

  private uint(length: 1 | 2 | 4): number {
    const start = this.position
    this.take(length)
    if (length === 1) return this.view.getUint8(start)
    return length === 2 ? this.view.getUint16(start, true) : this.view.getUint32(start, true)
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.position)
    if (end < 0) throw this.fail('a name has no end')
    const text = latin1.decode(this.take(end - this.position))
    this.position++
    return text
  }

  private unicode(length: number): string {
    const bytes = this.take(length)
    try {
      return utf8.decode(bytes)
    } catch {
      throw this.fail('a text is not UTF-8')
    }
  }

  private pop(): unknown {
    const value = this.stack.pop()
    if (value === undefined || value === mark) throw this.fail('a value is missing on its stack')
    return value
  }

  private top(): unknown {
    const value = this.stack.at(-1)
    if (value === undefined || value === mark) throw this.fail('a value is missing on its stack')
    return value
  }

  /** The values above the last mark; takes the mark too. */
  private popToMark(): unknown[] {
    const start = this.stack.lastIndexOf(mark)
    if (start < 0) throw this.fail('a mark is missing on its stack')
    const values = this.stack.splice(start)
    values.shift()
    return values
  }

  private tuple(length: number): void {
    const values: unknown[] = []
    for (let i = 0; i < length; i++) values.unshift(this.pop())
    this.stack.push(values)
  }

  private pushGlobal(name: string): void {
    if (!this.options.globals.has(name)) throw this.fail(`it names “${name.slice(0, 100)}”, which is not allowed`)
    this.stack.push(new NamedGlobal(name))
  }

  private setItems(values: unknown[]): void {
    const target = this.top()
    if (!(target instanceof Map)) throw this.fail('items are set on a value that is no dictionary')
    if (values.length % 2) throw this.fail('a dictionary has a key without a value')
    for (let i = 0; i < values.length; i += 2) target.set(values[i], values[i + 1])
  }

  private append(values: unknown[]): void {
    const target = this.top()
    if (!Array.isArray(target)) throw this.fail('items are appended to a value that is no list')
    for (const value of values) target.push(value)
  }

  private reduce(): void {
    const args = this.pop()
    const callee = this.pop()
    const apply = callee instanceof NamedGlobal ? this.options.globals.get(callee.name) : null
    if (!apply || !Array.isArray(args)) throw this.fail('it applies a value that cannot be applied')
    this.stack.push(apply(args))
  }

  private recall(index: number): void {
    if (!this.memo.has(index)) throw this.fail(`it recalls value ${index}, which was never kept`)
    this.stack.push(this.memo.get(index))
  }

  /** Two's complement, least byte first. */
  private long(length: number): number {
    const bytes = this.take(length)
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
    return Number(BigInt.asIntN(length * 8, value))
  }

  private step(opcode: number): void {
    switch (opcode) {
      case 0x80: { // PROTO
        const protocol = this.uint(1)
        if (protocol > highestProtocol) throw this.fail(`expected pickle protocol ${highestProtocol} or lower, it has ${protocol}`)
        return
      }
      case 0x95: this.take(8); return // FRAME
      case 0x28: this.stack.push(mark); return // MARK
      case 0x30: this.pop(); return // POP
      case 0x4e: this.stack.push(null); return // NONE
      case 0x88: this.stack.push(true); return // NEWTRUE
      case 0x89: this.stack.push(false); return // NEWFALSE
      case 0x4a: this.stack.push(this.uint(4) | 0); return // BININT
      case 0x4b: this.stack.push(this.uint(1)); return // BININT1
      case 0x4d: this.stack.push(this.uint(2)); return // BININT2
      case 0x8a: this.stack.push(this.long(this.uint(1))); return // LONG1
      case 0x47: { // BINFLOAT
        const start = this.position
        this.take(8)
        this.stack.push(this.view.getFloat64(start))
        return
      }
      case 0x55: this.stack.push(latin1.decode(this.take(this.uint(1)))); return // SHORT_BINSTRING
      case 0x58: this.stack.push(this.unicode(this.uint(4))); return // BINUNICODE
      case 0x8c: this.stack.push(this.unicode(this.uint(1))); return // SHORT_BINUNICODE
      case 0x7d: this.stack.push(new Map()); return // EMPTY_DICT
      case 0x5d: case 0x29: this.stack.push([]); return // EMPTY_LIST, EMPTY_TUPLE
      case 0x74: case 0x6c: this.stack.push(this.popToMark()); return // TUPLE, LIST
      case 0x85: this.tuple(1); return // TUPLE1
      case 0x86: this.tuple(2); return // TUPLE2
      case 0x87: this.tuple(3); return // TUPLE3
      case 0x61: { const value = this.pop(); this.append([value]); return } // APPEND
      case 0x65: this.append(this.popToMark()); return // APPENDS
      case 0x73: { const value = this.pop(); const key = this.pop(); this.setItems([key, value]); return } // SETITEM
      case 0x75: this.setItems(this.popToMark()); return // SETITEMS
      case 0x71: this.memo.set(this.uint(1), this.top()); return // BINPUT
      case 0x72: this.memo.set(this.uint(4), this.top()); return // LONG_BINPUT
      case 0x94: this.memo.set(this.memo.size, this.top()); return // MEMOIZE
      case 0x68: this.recall(this.uint(1)); return // BINGET
      case 0x6a: this.recall(this.uint(4)); return // LONG_BINGET
      case 0x63: { const module = this.line(); this.pushGlobal(`${module}.${this.line()}`); return } // GLOBAL
      case 0x93: { const name = this.pop(); const module = this.pop(); this.pushGlobal(`${String(module)}.${String(name)}`); return } // STACK_GLOBAL
      case 0x52: this.reduce(); return // REDUCE
      case 0x62: this.pop(); this.top(); return // BUILD: attributes beside a state dict, such as its version
      case 0x51: this.stack.push(this.options.persistent(this.pop())); return // BINPERSID
      default: throw this.fail(`opcode 0x${opcode.toString(16)} is not one that PyTorch writes for weights`)
    }
  }
}

/** @throws AppError 'bad-model' for anything unknown, not allowed or malformed */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): unknown {
  return new PickleMachine(bytes, options).run()
}
