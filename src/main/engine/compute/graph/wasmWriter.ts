// Writes small WebAssembly modules, for work over large arrays that ONNX Runtime would do in many passes. Code is made of
// expressions: each function here answers the bytes that leave its value on the stack. Opcodes: WebAssembly 2.0, §5.4.

export type Code = readonly number[]

const valueTypes = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const
export type WasmType = keyof typeof valueTypes

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}

const simd = (opcode: number, ...rest: number[]): Code => [0xfd, ...unsigned(opcode), ...rest]
const binary = (opcode: Code) => (a: Code, b: Code): Code => [...a, ...b, ...opcode]
const unary = (opcode: Code) => (a: Code): Code => [...a, ...opcode]

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const float = (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)]
/** 0…63, one byte of signed LEB128. */
export const integer = (value: number): Code => [0x41, value]
export const addIntegers = binary([0x6a])
export const isBelow = binary([0x49])

// Four float32 numbers at once.
export const load = (address: Code): Code => [...address, ...simd(0x00, 4, 0)]
export const store = (address: Code, value: Code): Code => [...address, ...value, ...simd(0x0b, 4, 0)]
export const splat = unary(simd(0x13))
export const add = binary(simd(0xe4))
export const subtract = binary(simd(0xe5))
export const multiply = binary(simd(0xe6))
export const divide = binary(simd(0xe7))
export const squareRoot = unary(simd(0xe3))

// Two float64 numbers at once.
export const widenLow = unary(simd(0x5f))
export const widenHigh = (value: Code): Code => widenLow([...value, ...value, ...simd(0x0d, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)])
export const addWide = binary(simd(0xf0))
export const multiplyWide = binary(simd(0xf2))
export const sumOfWide = (local: number): Code => [...get(local), ...simd(0x21, 0), ...get(local), ...simd(0x21, 1), 0xa0]

/** Runs `body` at least once, and again while `condition` holds. */
export const loopWhile = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b]

export interface WasmFunction {
  name: string
  parameters: WasmType[]
  /** Locals after the parameters. */
  locals: WasmType[]
  result: WasmType | null
  body: Code
}

const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes]
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()]
const section = (id: number, content: Code): Code => [id, ...sized(content)]
const text = (value: string): Code => sized([...new TextEncoder().encode(value)])

/** A module that imports `memory` from `host` and exports the functions. */
function wasmModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result }) =>
    [0x60, ...list(parameters.map((type) => [valueTypes[type]])), ...list(result === null ? [] : [[valueTypes[result]]])])
  const codes = functions.map(({ locals, body }) => sized([...list(locals.map((type) => [1, valueTypes[type]])), ...body, 0x0b]))
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, list(types)),
    ...section(2, list([[...text('host'), ...text('memory'), 0x02, 0x00, ...unsigned(0)]])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(7, list(functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]))),
    ...section(10, list(codes)),
  ])
}

interface WebAssemblyApi {
  Memory: new (limits: { initial: number; maximum: number }) => { buffer: ArrayBuffer }
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: unknown }
}

/** Pages of memory are zero at first. The caller knows what the functions' signatures are. */
export function instantiate(functions: readonly WasmFunction[], pages: number): { buffer: ArrayBuffer; exports: unknown } {
  const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly
  const memory = new Memory({ initial: pages, maximum: pages })
  return { buffer: memory.buffer, exports: new Instance(new Module(wasmModule(functions)), { host: { memory } }).exports }
}
