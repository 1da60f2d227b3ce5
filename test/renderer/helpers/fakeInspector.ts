// Answers of the inspector over a picture of eight codes and a text of a few words: what is hidden is expected to be the word
// “red” or the code 500, and every drawing has the id of its codes.
import type { CodebookUse, Comparison, InspectedPicture, MaskPrediction, Token, TokenRow } from '@shared/contract/inspector'
import type { QueryImage } from '@shared/contract/search'

/** 64 hexadecimal digits that name a string. */
export const drawingIdOf = (name: string): string => [...name].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('').padEnd(64, '0').slice(0, 64)

export const makeComparison = (name: string): Comparison => ({ psnrDecibel: 24.5, structuralSimilarity: 0.8125, differenceId: drawingIdOf(`difference ${name}`), differenceGain: 4 })

const codesOf = (image: QueryImage): number[] => Array.from({ length: 8 }, (_, index) => (image.kind === 'project' ? image.imageId : 900) * 10 + index)

export function makeInspectedPicture({ image }: { image: QueryImage }): InspectedPicture {
  const codes = codesOf(image)
  return {
    modelId: 'bundled:nano',
    tokenizer: { id: 'nano-titok', imageSizePx: 64, codeCount: codes.length, codebookSize: 1024, hasDecoder: true },
    sourceWidthPx: 128, sourceHeightPx: 96, originalId: drawingIdOf('original'),
    codes: codes.map((code, index) => ({ code, rival: code + 1, distance: 0.5, rivalDistance: 0.5 + index / 4 })),
    reconstruction: { ...makeComparison(codes.join(' ')), drawingId: drawingIdOf(codes.join(' ')) },
    compression: { bitsPerCode: 10, codeBits: 80, modelPixelBits: 98_304, sourcePixelBits: 294_912, fileBits: 16_000 },
  }
}

const mark = (position: number, kind: 'start' | 'end'): Token => ({ position, kind, id: 49_406, label: kind, code: null, endsWord: true, canMask: kind === 'start' })

export function makeTokenRow({ image, text }: { image: QueryImage | null; text: string | null }): TokenRow {
  const codes = image ? codesOf(image) : []
  const words = text?.split(' ') ?? []
  const parts: Token[] = [
    ...codes.map((code, position): Token => ({ position, kind: 'code', id: 49_409 + code, label: String(code), code, endsWord: true, canMask: true })),
    mark(codes.length, 'start'),
    ...words.map((label, index): Token => ({ position: codes.length + 1 + index, kind: 'word', id: 700 + index, label, code: null, endsWord: true, canMask: true })),
    mark(codes.length + 1 + words.length, 'end'),
  ]
  return { tokens: parts, cutCount: 0, obstacle: null }
}

export function makeMaskPrediction({ image, text, positions }: { image: QueryImage | null; text: string | null; positions: number[] }): MaskPrediction {
  const { tokens } = makeTokenRow({ image, text })
  const codes = image ? codesOf(image) : []
  const filled = codes.map((code, position) => (positions.includes(position) ? 500 : code))
  return {
    predictions: positions.map((position) => ({
      position, wordMass: 0.4, codeMass: 0.6, trueProbability: 0.0625, trueRank: tokens[position]!.label === 'red' ? 1 : 7,
      words: [{ kind: 'word', id: 736, label: 'red', code: null, endsWord: true, probability: 0.25 }, { kind: 'end', id: 49_407, label: 'end', code: null, endsWord: true, probability: 0.0004 }],
      codes: [{ code: 500, probability: 0.5 }, { code: tokens[position]!.code ?? 3, probability: 0.0625 }],
    })),
    filled: positions.some((position) => position < codes.length) ? { ...makeComparison(filled.join(' ')), drawingId: drawingIdOf(filled.join(' ')), codes: filled, fromId: drawingIdOf(codes.join(' ')) } : null,
  }
}

export function makeUse(over: Partial<CodebookUse> = {}): CodebookUse {
  const counts = Array.from({ length: 1024 }, (_, code) => (code < 600 ? 600 - code : 0))
  return { tokenizerId: 'nano-titok', codebookSize: 1024, pictureCount: 240, failedCount: 0, counts, usedCount: 600, entropyBits: 8.9, perplexity: 477.7, countedAtMs: Date.now() - 120_000, isStale: false, ...over }
}
