import { describe, expect, it } from 'vitest'
import { pairUp } from '../../src/main/engine/services/evaluation'

const image = (imageId: number) => ({ imageId, text: null })
const text = (words: string) => ({ imageId: null, text: words })

describe('pairUp', () => {
  it('counts equal content once, with every right answer', () => {
    const result = pairUp([
      { query: text('a cat'), target: image(1) },
      { query: text('a dog'), target: image(2) },
      { query: text('a cat'), target: image(3) },
      { query: text('a pet'), target: image(1) },
    ])
    expect(result.queries).toEqual([text('a cat'), text('a dog'), text('a pet')])
    expect(result.targets).toEqual([image(1), image(2), image(3)])
    expect(result.relevant).toEqual([[0, 2], [1], [0]])
  })

  it('adds further targets that are nobody’s answer, but not twice', () => {
    const result = pairUp([{ query: text('a cat'), target: image(1) }], [image(1), image(7), image(7)])
    expect(result.targets).toEqual([image(1), image(7)])
    expect(result.relevant).toEqual([[0]])
  })
})
