// Building blocks that FuseLIP and TiTok share: layer norm, exact GELU, linear, self-attention, the pre-norm block.
// Sources: FuseLIP (arXiv 2506.03096) §3; layer names follow the published PyTorch checkpoints.
// Gradients of layer norm and GELU are written by hand: tfjs's own would build a graph many times larger.
import * as tf from '@tensorflow/tfjs-core'
import { isTracing, onnxOperator } from '../graph/onnxKernel'

export const layerNormEpsilon = 1e-5
/** Added to the score of a masked key. Finite, because −∞ − −∞ is not a number in a row with every key masked. */
const maskedScore = -1e9

export type Parameters = Record<string, tf.Tensor>

/** The named parameter; an error that names it when it is missing. */
export function parameter<T extends tf.Tensor = tf.Tensor>(parameters: Parameters, name: string): T {
  const found = parameters[name]
  if (!found) throw new Error(`Expected a parameter named “${name}”; the model has none.`)
  return found as T
}

function normaliseRows(x: tf.Tensor, epsilon: number): { centred: tf.Tensor; inverseDeviation: tf.Tensor } {
  const mean = tf.mean(x, -1, true)
  const centred = tf.sub(x, mean)
  const variance = tf.mean(tf.square(centred), -1, true)
  return { centred, inverseDeviation: tf.rsqrt(tf.add(variance, epsilon)) }
}

/**
 * Layer normalisation over the last axis, then scale and shift.
 * @param x [..., D] float32
 * @param weight [D]
 * @param bias [D]
 * @returns [..., D], disposed by the caller
 */
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon = layerNormEpsilon): tf.Tensor {
  const width = x.shape[x.rank - 1]!
  const operation = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, (saved: tf.Tensor[]) => void]
    const statistics = [...input.shape.slice(0, -1), 1]
    let value: tf.Tensor, mean: tf.Tensor, inverse: tf.Tensor
    if (isTracing()) {
      ;[value, mean, inverse] = onnxOperator([input, scale, shift], {
        operator: 'LayerNormalization',
        domain: '',
        attributes: { axis: -1, epsilon: { float: epsilon } },
        outputs: [input.shape, statistics, statistics].map((shape) => ({ shape, dtype: 'float32' as const })),
      }) as [tf.Tensor, tf.Tensor, tf.Tensor]
    } else {
      mean = tf.mean(input, -1, true)
      const { centred, inverseDeviation } = normaliseRows(input, epsilon)
      inverse = inverseDeviation
      value = tf.add(tf.mul(tf.mul(centred, inverse), scale), shift)
    }
    save([input, scale, mean, inverse])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedInput, savedScale, savedMean, savedInverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const normalised = tf.mul(tf.sub(savedInput, savedMean), savedInverse)
      const scaled = tf.mul(dy, savedScale)
      const meanScaled = tf.mean(scaled, -1, true)
      const projection = tf.mean(tf.mul(scaled, normalised), -1, true)
      const dx = tf.mul(tf.sub(tf.sub(scaled, meanScaled), tf.mul(normalised, projection)), savedInverse)
      const rows = dy.size / width
      const dScale = tf.sum(tf.reshape(tf.mul(dy, normalised), [rows, width]), 0)
      const dShift = tf.sum(tf.reshape(dy, [rows, width]), 0)
      return [dx, dScale, dShift]
    }
    return { value, gradFunc }
  })
  return operation(x, weight, bias)
}

const inverseSqrt2 = Math.SQRT1_2
const inverseSqrt2Pi = 1 / Math.sqrt(2 * Math.PI)

function normalCumulative(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, inverseSqrt2)), 1), 0.5)
}

/** Exact GELU, x·Φ(x). Any shape, float32. */
export function gelu(x: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, (saved: tf.Tensor[]) => void]
    save([input])
    const value = isTracing()
      ? onnxOperator([input], { operator: 'Gelu', domain: '', attributes: {}, outputs: [{ shape: input.shape, dtype: 'float32' }] })[0]!
      : tf.mul(input, normalCumulative(input))
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const z = saved[0]!
      const density = tf.mul(tf.exp(tf.mul(tf.square(z), -0.5)), inverseSqrt2Pi)
      return tf.mul(dy, tf.add(normalCumulative(z), tf.mul(z, density)))
    }
    return { value, gradFunc }
  })
  return operation(x)
}

/**
 * Aᵀ·B, as gradients of weights are. ONNX Runtime multiplies with a transposed left side a quarter slower than with a plain
 * one, which is more than it takes to lay out the narrower of the two anew. Has no gradient: for use inside `tf.customGrad`.
 * @param a [R, M]
 * @param b [R, N]
 * @returns [M, N]
 */
export function transposedMatMul(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  if (!isTracing()) return tf.matMul(a, b, true, false)
  return a.shape[1] <= b.shape[1] ? tf.matMul(tf.transpose(a), b) : tf.transpose(tf.matMul(tf.transpose(b), a))
}

/** x·Wᵀ + b of matrices as one operator, where matMul and add would pass over the product twice. */
function affine(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  const operation = tf.customGrad((...args) => {
    const [input, matrix, shift, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, (saved: tf.Tensor[]) => void]
    save([input, matrix])
    const value = isTracing()
      ? onnxOperator([input, matrix, shift], {
        operator: 'Gemm', domain: '', attributes: { transB: 1 }, outputs: [{ shape: [input.shape[0], matrix.shape[0]], dtype: 'float32' }],
      })[0]!
      : tf.add(tf.matMul(input, matrix, false, true), shift)
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedInput, savedMatrix] = saved as [tf.Tensor2D, tf.Tensor2D]
      const gradient = dy as tf.Tensor2D // [rows, out]
      return [tf.matMul(gradient, savedMatrix), transposedMatMul(gradient, savedInput), tf.sum(gradient, 0)]
    }
    return { value, gradFunc }
  })
  return operation(x, weight, bias) as tf.Tensor2D
}

/**
 * x·Wᵀ + b with PyTorch's weight layout.
 * @param x [..., inWidth] of rank 2 or 3
 * @param weight [outWidth, inWidth]
 * @param bias [outWidth]
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const [outWidth, inWidth] = weight.shape as [number, number]
  const flat = x.rank === 2 ? x : tf.reshape(x, [x.size / inWidth, inWidth]) // [rows, in]
  const shifted = affine(flat as tf.Tensor2D, weight as tf.Tensor2D, bias as tf.Tensor1D) // [rows, out]
  return x.rank === 2 ? shifted : tf.reshape(shifted, [...x.shape.slice(0, -1), outWidth])
}

/** Sequences of one length, whose rows lie one after the other. */
export interface SequenceGroup {
  batch: number
  length: number
  /** `keyPenalty` [B, H, L, L]; null attends to all keys. */
  penalty: tf.Tensor4D | null
}

/**
 * What is added to the attention scores so that padding is not attended to. Laid out in full, because adding it costs
 * ONNX Runtime several times less than a broadcast; one layer's worth serves all layers.
 * @param keyMask [B, L] float32, 1 where a key may be attended to, 0 where it is padding
 * @returns [B, H, L, L]
 */
export function keyPenalty(keyMask: tf.Tensor2D, headCount: number): tf.Tensor4D {
  const [batch, length] = keyMask.shape
  const penalty = tf.mul(tf.sub(1, keyMask), maskedScore)
  return tf.broadcastTo(tf.reshape(penalty, [batch, 1, 1, length]), [batch, headCount, length, length]) as tf.Tensor4D
}

/** scale · A·B of the last two axes, one operator while tracing. Has no gradient: for use inside `tf.customGrad`. */
function scaledMatMul(a: tf.Tensor, b: tf.Tensor, scale: number, transposeA: boolean, transposeB: boolean): tf.Tensor {
  if (!isTracing()) return tf.mul(tf.matMul(a, b, transposeA, transposeB), scale)
  const shape = [...a.shape.slice(0, -2), transposeA ? a.shape.at(-1)! : a.shape.at(-2)!, transposeB ? b.shape.at(-2)! : b.shape.at(-1)!]
  return onnxOperator([a, b], {
    operator: 'FusedMatMul', domain: 'com.microsoft',
    attributes: { transA: transposeA, transB: transposeB, alpha: { float: scale } }, outputs: [{ shape, dtype: 'float32' }],
  })[0]!
}

/**
 * softmax(q·kᵀ/√(D/H) + penalty)·v for every head. The gradient is written by hand: the sum over keys of dP∘P, which the
 * gradient of a softmax needs, equals the sum of dO∘O over the head's width, far fewer numbers (arXiv 2205.14135, §B.2).
 * @param projected [3, B, H, L, D/H] q, k and v
 * @param penalty [B, H, L, L] or null
 * @returns [B, H, L, D/H]
 */
function attend(projected: tf.Tensor5D, penalty: tf.Tensor4D | null): tf.Tensor4D {
  const headShape = projected.shape.slice(1)
  const scale = 1 / Math.sqrt(headShape.at(-1)!)
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor5D, (saved: tf.Tensor[]) => void]
    const [q, k, v] = tf.split(input, 3, 0).map((part) => tf.reshape(part, headShape)) as [tf.Tensor, tf.Tensor, tf.Tensor]
    const scores = scaledMatMul(q, k, scale, false, true) // [B, H, L, L]
    const weights = tf.softmax(penalty ? tf.add(scores, penalty) : scores, -1) // P
    const mixed = tf.matMul(weights, v) // O
    save([q, k, v, weights, mixed])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [savedQ, savedK, savedV, savedWeights, savedMixed] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const dWeights = tf.matMul(dy, savedV, false, true) // dP
      const dScores = tf.mul(savedWeights, tf.sub(dWeights, tf.sum(tf.mul(dy, savedMixed), -1, true)))
      const parts = [
        scaledMatMul(dScores, savedK, scale, false, false),
        scaledMatMul(dScores, savedQ, scale, true, false),
        tf.matMul(savedWeights, dy, true, false),
      ]
      return tf.concat(parts.map((part) => tf.reshape(part, [1, ...headShape])), 0)
    }
    return { value: mixed, gradFunc }
  })
  return operation(projected) as tf.Tensor4D
}

/** Heads of one group of sequences, from its rows of q, k and v. [B·L, 3D] → [B·L, D] */
function attendGroup(projected: tf.Tensor2D, headCount: number, { batch, length, penalty }: SequenceGroup): tf.Tensor2D {
  const width = projected.shape[1] / 3
  const parts = tf.reshape(projected, [batch, length, 3, headCount, width / headCount])
  const mixed = attend(tf.transpose(parts, [2, 0, 3, 1, 4]) as tf.Tensor5D, penalty) // [B, H, L, D/H]
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * length, width])
}

/**
 * Multi-head self-attention without a causal mask and before its output matrix, as in PyTorch's MultiheadAttention. Rows
 * attend within their own sequence only.
 * @param x [R, D] rows of all groups, one after the other
 * @param inWeight [3D, D]: q, k, v stacked
 * @param inBias [3D]
 * @returns [R, D]
 */
export function selfAttention(x: tf.Tensor2D, inWeight: tf.Tensor, inBias: tf.Tensor, headCount: number, groups: readonly SequenceGroup[]): tf.Tensor2D {
  const projected = linear(x, inWeight, inBias) as tf.Tensor2D // [R, 3D]
  if (groups.length === 1) return attendGroup(projected, headCount, groups[0]!)
  const parts = tf.split(projected, groups.map(({ batch, length }) => batch * length), 0) as tf.Tensor2D[]
  return tf.concat2d(groups.map((group, index) => attendGroup(parts[index]!, headCount, group)), 0)
}

/**
 * Pre-norm block: `x += attention(ln_1(x))`, `x += c_proj(gelu(c_fc(ln_2(x))))`. All but the attention works row by row.
 * @param x [R, D] rows of all groups, one after the other
 * @param prefix for example `transformer.resblocks.0`
 * @param choose rows that are wanted of the result, [R, D] → [M, D]: what the last block need not compute
 * @returns [R, D], or [M, D] with `choose`
 */
export function transformerBlock(
  x: tf.Tensor2D, parameters: Parameters, prefix: string, headCount: number, groups: readonly SequenceGroup[],
  choose: (rows: tf.Tensor2D) => tf.Tensor2D = (rows) => rows,
): tf.Tensor2D {
  const get = (name: string): tf.Tensor => parameter(parameters, `${prefix}.${name}`)
  const normed = layerNorm(x, get('ln_1.weight'), get('ln_1.bias')) as tf.Tensor2D
  const mixed = choose(selfAttention(normed, get('attn.in_proj_weight'), get('attn.in_proj_bias'), headCount, groups))
  const middle = tf.add(choose(x), linear(mixed, get('attn.out_proj.weight'), get('attn.out_proj.bias')))
  const hidden = gelu(linear(layerNorm(middle, get('ln_2.weight'), get('ln_2.bias')), get('mlp.c_fc.weight'), get('mlp.c_fc.bias')))
  return tf.add(middle, linear(hidden, get('mlp.c_proj.weight'), get('mlp.c_proj.bias')))
}
