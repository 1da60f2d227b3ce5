// What the codes of a picture cost, against its pixels and against its file.

export interface Compression {
  /** Bits of one code of fixed length: ⌈log₂ K⌉. */
  bitsPerCode: number
  codeBits: number
  /** Of the picture as the tokenizer reads it, at 24 bits a pixel. */
  modelPixelBits: number
  /** Of the picture as it came. */
  sourcePixelBits: number
  /** Null for a picture without a file of its own. */
  fileBits: number | null
}

const bitsPerPixel = 24

export interface CompressionSizes {
  codeCount: number
  codebookSize: number
  imageSizePx: number
  sourceWidthPx: number
  sourceHeightPx: number
  fileBytes: number | null
}

export function measureCompression({ codeCount, codebookSize, imageSizePx, sourceWidthPx, sourceHeightPx, fileBytes }: CompressionSizes): Compression {
  const bitsPerCode = Math.ceil(Math.log2(codebookSize))
  return {
    bitsPerCode,
    codeBits: codeCount * bitsPerCode,
    modelPixelBits: imageSizePx * imageSizePx * bitsPerPixel,
    sourcePixelBits: sourceWidthPx * sourceHeightPx * bitsPerPixel,
    fileBits: fileBytes === null ? null : fileBytes * 8,
  }
}
