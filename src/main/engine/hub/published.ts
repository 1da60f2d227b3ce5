// The published collection: what can be pulled, and how it scores. Values: FuseLIP (arXiv 2506.03096), in percent.
import type { PublishedModel } from '../../../shared/contract/models'

const scoreNames = ['classification', 'vqa', 'retrieval', 'grounding', 'imagenet', 'vgCrop', 'oiCrop', 'oiPosition', 'tgit'] as const

function fuselip(size: 'S' | 'B', data: 'CC3M' | 'CC12M', scores: readonly number[]): PublishedModel {
  const isSmall = size === 'S'
  return {
    repository: `chs20/FuseLIP-${size}-${data}-MM`,
    name: `FuseLIP-${size}, ${data}+MM`,
    kind: 'fuselip',
    description: `${isSmall ? 'Small (width 384)' : 'Base (width 512)'}, 12 layers, trained on ${data} and multimodal pairs, with the encoder of ${isSmall ? 'TiTok-S-128' : 'TiTok-BL-128-VQ8k'} inside.`,
    scores: Object.fromEntries(scoreNames.map((name, i) => [name, scores[i]!])) as PublishedModel['scores'],
  }
}

function titok(repository: string, name: string, description: string): PublishedModel {
  return { repository, name, kind: 'tokenizer', description, scores: null }
}

export const publishedModels: readonly PublishedModel[] = [
  fuselip('S', 'CC3M', [18.5, 15.9, 11.2, 70.8, 13.5, 49.6, 59.8, 53.9, 79.0]),
  fuselip('B', 'CC3M', [23.3, 17.5, 15.0, 82.4, 18.1, 55.8, 68.1, 70.8, 94.3]),
  fuselip('S', 'CC12M', [25.2, 18.2, 20.1, 75.2, 26.0, 53.5, 64.7, 61.5, 90.6]),
  fuselip('B', 'CC12M', [31.2, 19.8, 26.2, 82.3, 32.7, 61.5, 71.3, 68.9, 94.2]),
  titok('yucornetto/tokenizer_titok_s128_imagenet', 'TiTok-S-128', 'The image tokenizer of FuseLIP-S with its decoder: 128 of 4096 codes.'),
  titok('yucornetto/tokenizer_titok_bl128_vq8k_imagenet', 'TiTok-BL-128-VQ8k', 'The image tokenizer of FuseLIP-B with its decoder: 128 of 8192 codes.'),
]
