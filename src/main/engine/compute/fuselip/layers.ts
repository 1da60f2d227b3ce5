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
 * x·Wᵀ + b with PyTorch's weight layout.
 * @param x [..., inWidth] of rank 2 or 3
 * @param weight [outWidth, inWidth]
 * @param bias [outWidth] or null
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | null = null): tf.Tensor {
  const [outWidth, inWidth] = weight.shape as [number, number]
  const flat = x.rank === 2 ? x : tf.reshape(x, [x.size / inWidth, inWidth]) // [rows, in]
  const product = tf.matMul(flat as tf.Tensor2D, weight as tf.Tensor2D, false, true) // [rows, out]
  const shifted = bias ? tf.add(product, bias) : product
  return x.rank === 2 ? shifted : tf.reshape(shifted, [...x.shape.slice(0, -1), outWidth])
}

export interface AttentionWeights {
  /** [3D, D]: q, k, v stacked. */
  inWeight: tf.Tensor
  /** [3D] */
  inBias: tf.Tensor
  /** [D, D] */
  outWeight: tf.Tensor
  /** [D] */
  outBias: tf.Tensor
}

/**
 * Multi-head self-attention without a causal mask, as PyTorch's MultiheadAttention.
 * @param x [B, L, D]
 * @param keyMask [B, L] float32, 1 where a key may be attended to, 0 where it is padding; null attends to all
 * @returns [B, L, D]
 */
export function selfAttention(x: tf.Tensor3D, weights: AttentionWeights, headCount: number, keyMask: tf.Tensor2D | null): tf.Tensor3D {
  const [batch, length, width] = x.shape
  const headWidth = width / headCount
  const heads = (projected: tf.Tensor): tf.Tensor4D =>
    tf.transpose(tf.reshape(projected, [batch, length, headCount, headWidth]), [0, 2, 1, 3]) // [B, H, L, D/H]
  const part = (index: number): tf.Tensor =>
    linear(x, tf.slice(weights.inWeight, [index * width, 0], [width, width]), tf.slice(weights.inBias, [index * width], [width]))
  // Scaling q rather than the scores touches L·D numbers a head instead of L².
  const q = heads(tf.mul(part(0), 1 / Math.sqrt(headWidth)))
  const k = heads(part(1))
  const v = heads(part(2))
  let scores: tf.Tensor = tf.matMul(q, k, false, true) // [B, H, L, L]
  if (keyMask) {
    const penalty = tf.mul(tf.sub(1, keyMask), maskedScore)
    scores = tf.add(scores, tf.reshape(penalty, [batch, 1, 1, length]))
  }
  const mixed = tf.matMul(tf.softmax(scores, -1) as tf.Tensor4D, v) // [B, H, L, D/H]
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, length, width])
  return linear(joined, weights.outWeight, weights.outBias) as tf.Tensor3D
}

/**
 * Pre-norm block: `x += attention(ln_1(x))`, `x += c_proj(gelu(c_fc(ln_2(x))))`.
 * @param prefix for example `transformer.resblocks.0`
 */
export function transformerBlock(
  x: tf.Tensor3D, parameters: Parameters, prefix: string, headCount: number, keyMask: tf.Tensor2D | null,
): tf.Tensor3D {
  const get = (name: string): tf.Tensor => parameter(parameters, `${prefix}.${name}`)
  const attended = selfAttention(
    layerNorm(x, get('ln_1.weight'), get('ln_1.bias')) as tf.Tensor3D,
    {
      inWeight: get('attn.in_proj_weight'), inBias: get('attn.in_proj_bias'),
      outWeight: get('attn.out_proj.weight'), outBias: get('attn.out_proj.bias'),
    },
    headCount, keyMask,
  )
  const middle = tf.add(x, attended)
  const hidden = gelu(linear(layerNorm(middle, get('ln_2.weight'), get('ln_2.bias')), get('mlp.c_fc.weight'), get('mlp.c_fc.bias')))
  return tf.add(middle, linear(hidden, get('mlp.c_proj.weight'), get('mlp.c_proj.bias')))
}
