// Where two cosines lie on a bar, and how far apart they are.

export interface ScoreScale {
  positivePercent: number
  candidatePercent: number
  /** True pair minus candidate: above zero the model already tells them apart. */
  gap: number
}

/** The bar shows −0.2…1; matched pairs below that are rare and lie at its end. */
const lowest = -0.2
const highest = 1

const percentOf = (score: number): number => Math.min(100, Math.max(0, ((score - lowest) / (highest - lowest)) * 100))

export const scaleScores = (positiveScore: number, candidateScore: number): ScoreScale => ({
  positivePercent: percentOf(positiveScore),
  candidatePercent: percentOf(candidateScore),
  gap: positiveScore - candidateScore,
})
