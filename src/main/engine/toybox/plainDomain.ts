// The plain domain: pale grounds, flat shapes, everyday words. The bundled models are trained on it.
import type { Domain } from './domain.ts'

export const plainDomain: Domain = {
  look: {
    colours: {
      red: [222, 48, 46],
      orange: [245, 138, 30],
      yellow: [246, 205, 40],
      green: [52, 163, 74],
      cyan: [38, 190, 205],
      blue: [42, 94, 214],
      purple: [126, 66, 186],
      pink: [240, 120, 178],
      neutral: [38, 38, 42],
    },
    grounds: [
      { word: 'white', base: [248, 248, 247], accent: [248, 248, 247], texture: 'none' },
      { word: 'grey', base: [205, 207, 210], accent: [205, 207, 210], texture: 'none' },
      { word: 'cream', base: [246, 238, 216], accent: [246, 238, 216], texture: 'none' },
      { word: 'pale green', base: [219, 235, 217], accent: [219, 235, 217], texture: 'none' },
      { word: 'pale blue', base: [216, 228, 242], accent: [216, 228, 242], texture: 'none' },
    ],
    fills: ['flat'],
    fillShade: [255, 255, 255],
    hueJitter: 10,
    noise: 0,
    shadow: 0,
  },
  vocabulary: {
    colours: {
      red: 'red', orange: 'orange', yellow: 'yellow', green: 'green', cyan: 'cyan', blue: 'blue', purple: 'purple',
      pink: 'pink', neutral: 'black',
    },
    kinds: {
      circle: 'circle', square: 'square', triangle: 'triangle', star: 'star', ring: 'ring', cross: 'cross',
      diamond: 'diamond', heart: 'heart',
    },
    sizes: { small: 'small', large: 'large' },
    relations: { leftOf: 'left of', rightOf: 'right of', above: 'above', below: 'below' },
    places: {
      upperLeft: 'in the upper left', upper: 'at the top', upperRight: 'in the upper right',
      left: 'on the left', centre: 'in the middle', right: 'on the right',
      lowerLeft: 'in the lower left', lower: 'at the bottom', lowerRight: 'in the lower right',
    },
    placeNames: {
      upperLeft: 'the upper left', upper: 'the top', upperRight: 'the upper right',
      left: 'the left side', centre: 'the middle', right: 'the right side',
      lowerLeft: 'the lower left', lower: 'the bottom', lowerRight: 'the lower right',
    },
    counts: ['no shapes', 'one shape', 'two shapes', 'three shapes', 'four shapes'],
    besides: 'with',
    captionFrames: [
      '{list}',
      '{list}',
      'a picture of {list}',
      'there is {list}',
      '{count}: {list}',
      '{list} on a {ground} background',
      'a {ground} background with {list}',
    ],
    questions: {
      count: 'how many shapes are there?',
      colourOf: 'what colour is the {shape}?',
      kindOf: 'what shape is {colour}?',
      sizeOf: 'is the {shape} small or large?',
      whereIs: 'where is the {shape}?',
      isThere: 'is there {mention}?',
      related: 'what is {relation} the {shape}?',
      ground: 'what colour is the background?',
    },
    yes: 'yes',
    no: 'no',
    edits: {
      recolour: 'make the {shape} {colour}',
      resize: 'make the {shape} {size}',
      move: 'move the {shape} to {place}',
      reshape: 'turn the {shape} into {kind}',
      add: 'add {mention}',
      remove: 'remove the {shape}',
      swap: 'swap the {shape} and the {other}',
    },
  },
}
