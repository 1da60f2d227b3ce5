// The shifted domain: dark textured grounds, patterned shapes, other words. The sample project lives here, so that
// fine-tuning a model of the plain domain has something to learn.
import type { Domain } from './domain.ts'

export const shiftedDomain: Domain = {
  look: {
    colours: {
      red: [232, 58, 82],
      orange: [255, 128, 64],
      yellow: [255, 200, 66],
      green: [44, 200, 128],
      cyan: [64, 222, 216],
      blue: [64, 142, 255],
      purple: [160, 104, 250],
      pink: [255, 124, 204],
      neutral: [246, 240, 226],
    },
    grounds: [
      { word: 'charcoal', base: [34, 35, 40], accent: [52, 54, 61], texture: 'grid' },
      { word: 'navy', base: [17, 26, 58], accent: [32, 46, 92], texture: 'waves' },
      { word: 'plum', base: [50, 22, 52], accent: [76, 36, 78], texture: 'stripes' },
      { word: 'forest', base: [16, 44, 38], accent: [28, 66, 56], texture: 'weave' },
      { word: 'slate', base: [58, 68, 82], accent: [34, 42, 54], texture: 'slope' },
      { word: 'mocha', base: [56, 40, 32], accent: [82, 60, 48], texture: 'dots' },
    ],
    fills: ['gradient', 'gradient', 'striped', 'outlined', 'dotted'],
    fillShade: [12, 12, 24],
    hueJitter: 8,
    noise: 5,
    shadow: 0.5,
  },
  vocabulary: {
    colours: {
      red: 'crimson', orange: 'tangerine', yellow: 'amber', green: 'emerald', cyan: 'turquoise', blue: 'azure',
      purple: 'violet', pink: 'rose', neutral: 'ivory',
    },
    kinds: {
      circle: 'disc', square: 'tile', triangle: 'wedge', star: 'burst', ring: 'hoop', cross: 'plus', diamond: 'gem',
      heart: 'valentine',
    },
    sizes: { small: 'tiny', large: 'huge' },
    relations: { leftOf: 'west of', rightOf: 'east of', above: 'over', below: 'beneath' },
    places: {
      upperLeft: 'in the northwest', upper: 'in the north', upperRight: 'in the northeast',
      left: 'in the west', centre: 'at the core', right: 'in the east',
      lowerLeft: 'in the southwest', lower: 'in the south', lowerRight: 'in the southeast',
    },
    placeNames: {
      upperLeft: 'the northwest', upper: 'the north', upperRight: 'the northeast',
      left: 'the west', centre: 'the core', right: 'the east',
      lowerLeft: 'the southwest', lower: 'the south', lowerRight: 'the southeast',
    },
    counts: ['no pieces', 'a single piece', 'a couple of pieces', 'a trio of pieces', 'a quartet of pieces'],
    besides: 'beside',
    captionFrames: [
      '{list}',
      '{list}',
      'a study of {list}',
      'here rests {list}',
      '{count}: {list}',
      '{list} upon a {ground} field',
      'a {ground} canvas bearing {list}',
    ],
    questions: {
      count: 'what number of pieces rests here?',
      colourOf: 'which tint has the {shape}?',
      kindOf: 'which piece is {colour}?',
      sizeOf: 'is the {shape} tiny or huge?',
      whereIs: 'where lies the {shape}?',
      isThere: 'does {mention} rest here?',
      related: 'what lies {relation} the {shape}?',
      ground: 'which tint has the field?',
    },
    yes: 'indeed',
    no: 'never',
    edits: {
      recolour: 'paint the {shape} {colour}',
      resize: 'render the {shape} {size}',
      move: 'shift the {shape} to {place}',
      reshape: 'recast the {shape} as {kind}',
      add: 'set down {mention}',
      remove: 'erase the {shape}',
      swap: 'exchange the {shape} and the {other}',
    },
  },
}
