// A traced function as a test sees it: arrays in, arrays out, compiled for one call.
import { compileFunction } from '../../src/main/engine/compute/graph/compileFunction'
import type { TensorFunction, TensorSpec } from '../../src/main/engine/compute/graph/traceFunction'

export interface Given {
  shape: number[]
  data: Float32Array | Int32Array
}

/** Compiles, runs once and gives the outputs as plain arrays. */
export async function runCompiled(inputs: ReadonlyMap<string, Given>, body: TensorFunction): Promise<Record<string, Float32Array>> {
  const specs: Record<string, TensorSpec> = Object.fromEntries([...inputs].map(([name, { shape, data }]) =>
    [name, { shape: [...shape], dtype: data instanceof Int32Array ? 'int32' : 'float32' }]))
  const compiled = await compileFunction(specs, body)
  try {
    const outputs = await compiled.run(Object.fromEntries(compiled.inputs.map(({ name }) => [name, inputs.get(name)!.data])))
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, Float32Array.from(tensor.data as Float32Array)]))
  } finally {
    await compiled.dispose()
  }
}
