// The learning rate of a step: linear warm-up, then a cosine to zero (FuseLIP, arXiv 2506.03096, appendix).

export interface Schedule {
  peak: number
  warmupSteps: number
  totalSteps: number
}

/**
 * @param step 0 for the first optimizer step. The first step of a warm-up is peak / warmupSteps, not zero;
 *   the last step of a run is just above zero, which would be reached one step later.
 */
export function learningRateAt(step: number, { peak, warmupSteps, totalSteps }: Schedule): number {
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps))
  return 0.5 * peak * (1 + Math.cos(Math.PI * progress))
}
