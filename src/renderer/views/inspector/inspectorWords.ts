// The figures of the inspector as people read them.
import type { Comparison, InspectedPicture, Token } from '@shared/contract/inspector'
import { formatBytes, formatCount } from '@renderer/lib/format'

export const formatPsnr = (decibel: number | null): string => (decibel === null ? 'equal' : `${decibel.toFixed(2)} dB`)
export const formatSimilarity = (similarity: number): string => similarity.toFixed(4).replace('-', '−')

/** “1 : 307”, or “1 : 6.4” for small ones. */
export function formatRatio(bits: number, codeBits: number): string {
  const ratio = bits / codeBits
  return `1 : ${ratio < 10 ? ratio.toFixed(1) : formatCount(Math.round(ratio))}`
}

/** “61.2 %”, and “< 0.1 %” where nothing would be left of it. */
export function formatShare(share: number): string {
  const percent = share * 100
  return percent > 0 && percent < 0.1 ? '< 0.1 %' : `${percent.toFixed(1)} %`
}

/** Name, value and explanation of each figure about a picture. */
export function figuresOf({ tokenizer, compression, reconstruction, sourceWidthPx, sourceHeightPx }: InspectedPicture): { name: string; value: string; help: string }[] {
  const { codeBits, bitsPerCode, modelPixelBits, sourcePixelBits, fileBits } = compression
  const bytes = (bits: number): string => formatBytes(bits / 8)
  return [
    { name: 'PSNR', value: reconstruction ? formatPsnr(reconstruction.psnrDecibel) : '–', help: 'Peak signal-to-noise ratio of the reconstruction; higher is nearer to the original.' },
    { name: 'SSIM', value: reconstruction ? formatSimilarity(reconstruction.structuralSimilarity) : '–', help: 'Structural similarity (Wang et al. 2004), mean of red, green and blue; 1 is equal.' },
    { name: 'Codes', value: `${tokenizer.codeCount} × ${bitsPerCode} bit = ${bytes(codeBits)}`, help: `Each names one of ${formatCount(tokenizer.codebookSize)} entries of the codebook.` },
    { name: `Against ${tokenizer.imageSizePx} × ${tokenizer.imageSizePx} px`, value: `${bytes(modelPixelBits)} · ${formatRatio(modelPixelBits, codeBits)}`, help: 'The picture as the tokenizer reads it, at 24 bits a pixel.' },
    { name: `Against ${sourceWidthPx} × ${sourceHeightPx} px`, value: `${bytes(sourcePixelBits)} · ${formatRatio(sourcePixelBits, codeBits)}`, help: 'The picture as it came, at 24 bits a pixel.' },
    { name: 'Against the file', value: fileBits === null ? '–' : `${bytes(fileBits)} · ${formatRatio(fileBits, codeBits)}`, help: 'The file of the picture; a derived picture has none.' },
  ]
}

export const describeComparison = ({ psnrDecibel, structuralSimilarity }: Comparison): string =>
  psnrDecibel === null ? 'No pixel changes' : `PSNR ${formatPsnr(psnrDecibel)}, SSIM ${formatSimilarity(structuralSimilarity)}`

/** What a token is called in a sentence. */
export const nameOf = ({ kind, label }: Pick<Token, 'kind' | 'label'>): string =>
  kind === 'word' ? `“${label}”` : kind === 'code' ? `code ${label}` : `the ${label} mark`

/** How near the next nearest code was: 0 far behind, 1 as near as the chosen one. */
export const closeness = ({ distance, rivalDistance }: { distance: number; rivalDistance: number }): number =>
  rivalDistance > 0 ? Math.min(1, distance / rivalDistance) : 1
