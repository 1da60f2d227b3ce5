// Where positions of a tokenizer start: sines and cosines of places in the picture, latents included, so that attention
// finds neighbours from the first step. With random positions the autoencoder stays at one flat colour for hundreds of steps.
// Sources: MAE's 2-D sine positions (arXiv 2111.06377, appendix); the idea of starting attention by similarity is mimetic
// initialisation (arXiv 2305.09828).

/**
 * Radians per patch. Slower waves than these barely change over a grid of 8 and would make every place look alike; faster
 * ones repeat within it.
 */
const fastest = 1.5
const slowest = 0.25

/** Sines and cosines of one point in 0…gridSize; a quarter of the width each. */
function place(row: number, column: number, width: number): Float32Array {
  const quarter = Math.floor(width / 4)
  const values = new Float32Array(width)
  for (let i = 0; i < quarter; i += 1) {
    const frequency = fastest * (slowest / fastest) ** (i / quarter)
    values[i] = Math.sin(row * frequency)
    values[quarter + i] = Math.cos(row * frequency)
    values[2 * quarter + i] = Math.sin(column * frequency)
    values[3 * quarter + i] = Math.cos(column * frequency)
  }
  return values
}

/** [1 + gridSize², width]: the class token at zero, then the patches row by row. */
export function patchPositions(gridSize: number, width: number): Float32Array {
  const positions = new Float32Array((1 + gridSize * gridSize) * width)
  for (let patch = 0; patch < gridSize * gridSize; patch += 1) {
    positions.set(place(Math.floor(patch / gridSize), patch % gridSize, width), (1 + patch) * width)
  }
  return positions
}

/** [latentCount, width]: latents spread evenly over the picture, row by row. */
export function latentPositions(latentCount: number, gridSize: number, width: number): Float32Array {
  let rows = Math.floor(Math.sqrt(latentCount))
  while (latentCount % rows !== 0) rows -= 1
  const columns = latentCount / rows
  const positions = new Float32Array(latentCount * width)
  for (let latent = 0; latent < latentCount; latent += 1) {
    const row = ((Math.floor(latent / columns) + 0.5) * gridSize) / rows - 0.5
    const column = (((latent % columns) + 0.5) * gridSize) / columns - 0.5
    positions.set(place(row, column, width), latent * width)
  }
  return positions
}
