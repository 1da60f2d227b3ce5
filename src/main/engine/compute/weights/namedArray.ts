// A tensor at rest: what weight files hold and what crosses between the reader, the model and the trainer.
export interface NamedArray {
  shape: number[]
  data: Float32Array
}

export type WeightMap = Map<string, NamedArray>
