// What a check of quality can find. One entry is one kind: its name in the filter language (`finding:blurred`), its words for
// people, and where a number decides, which number and from where on.

export type FindingGroup = 'duplicates' | 'leaks' | 'pictures' | 'texts' | 'fit'

export interface FindingThreshold {
  /** What is compared, with its unit. */
  measure: string
  unit: string
  /** Whether a pair is found when its value lies below or above. */
  side: 'below' | 'above'
  initial: number
  /** Ends of the plot and of what can be set. */
  minimum: number
  maximum: number
}

export interface FindingKindEntry {
  label: string
  group: FindingGroup
  /** What it means and how it is told. */
  doc: string
  threshold?: FindingThreshold
}

export const findingKinds = {
  'exact-duplicate': { label: 'Exact duplicates', group: 'duplicates', doc: 'Pairs of the same pictures with the same texts, but for case, spaces and marks.' },
  'near-duplicate': { label: 'Near duplicates', group: 'duplicates', doc: 'Pairs of copies: encoded, scaled or cropped anew. Tasks other than captions need equal texts as well.' },
  leak: { label: 'Leaks', group: 'leaks', doc: 'Pairs of the validation or test split with a picture, a copy of one, a source picture or a group that the training split has too.' },
  unreadable: { label: 'Unreadable pictures', group: 'pictures', doc: 'Pictures whose files cannot be decoded.' },
  blurred: {
    label: 'Blurred', group: 'pictures', doc: 'Few edges at 256 pixels. Plain drawings with soft edges look the same, so look before you reject.',
    threshold: { measure: 'sharpness', unit: '', side: 'below', initial: 4, minimum: 0, maximum: 40 },
  },
  dark: {
    label: 'Dark', group: 'pictures', doc: 'A low mean of the grey values, of 255.',
    threshold: { measure: 'brightness', unit: '', side: 'below', initial: 30, minimum: 0, maximum: 255 },
  },
  bright: {
    label: 'Washed out', group: 'pictures', doc: 'A high mean of the grey values, of 255. Drawings on white paper look the same.',
    threshold: { measure: 'brightness', unit: '', side: 'above', initial: 240, minimum: 0, maximum: 255 },
  },
  flat: {
    label: 'Flat', group: 'pictures', doc: 'Nearly one colour: a small deviation of the grey values.',
    threshold: { measure: 'contrast', unit: '', side: 'below', initial: 6, minimum: 0, maximum: 100 },
  },
  tiny: {
    label: 'Tiny', group: 'pictures', doc: 'A short side with few pixels.',
    threshold: { measure: 'shorter side', unit: 'px', side: 'below', initial: 64, minimum: 0, maximum: 512 },
  },
  'odd-shape': {
    label: 'Odd shape', group: 'pictures', doc: 'Much longer than wide, or wider than long: models see pictures squashed to squares.',
    threshold: { measure: 'longer by shorter side', unit: '×', side: 'above', initial: 3, minimum: 1, maximum: 10 },
  },
  'missing-text': { label: 'Missing texts', group: 'texts', doc: 'The task needs a text where there is none.' },
  'repeated-text': { label: 'Repeated captions', group: 'texts', doc: 'One caption for more than four pictures. Answers to questions may repeat.' },
  'long-text': { label: 'Longer than the context', group: 'texts', doc: 'The current model does not see the end. Counted with its tokenizer, the picture of the side included.' },
  'other-language': { label: 'Other language', group: 'texts', doc: 'Not the main language of the set. Only texts that are long enough to tell.' },
  'file-name': { label: 'File names', group: 'texts', doc: 'File names, addresses and identifiers in place of words.' },
  'no-words': { label: 'No words', group: 'texts', doc: 'Only marks or numbers where a description is expected.' },
  boilerplate: { label: 'Boilerplate', group: 'texts', doc: 'Phrases of shops, agencies and broken pages.' },
  mismatch: {
    label: 'Low agreement', group: 'fit', doc: 'A score far below others of its task: how many robust deviations below the median.',
    threshold: { measure: 'deviations below the median', unit: 'σ', side: 'above', initial: 3, minimum: -4, maximum: 8 },
  },
  outlier: {
    label: 'Outliers', group: 'fit', doc: 'Far from its nearest neighbours in the space of the current model: how many robust deviations farther than the median.',
    threshold: { measure: 'deviations farther than the median', unit: 'σ', side: 'above', initial: 4, minimum: -4, maximum: 12 },
  },
} as const satisfies Record<string, FindingKindEntry>

export type FindingKind = keyof typeof findingKinds

export const findingKindNames = Object.keys(findingKinds) as [FindingKind, ...FindingKind[]]
export const findingKindOf = (kind: FindingKind): FindingKindEntry => findingKinds[kind]

/** Kinds that a number decides. */
export const thresholdKinds = findingKindNames.filter((kind) => findingKindOf(kind).threshold !== undefined)
export type Thresholds = Partial<Record<FindingKind, number>>

export const thresholdOf = (kind: FindingKind, chosen: Thresholds): number => chosen[kind] ?? findingKindOf(kind).threshold?.initial ?? 0

/** Whether a value is found under a threshold; the threshold itself is not. */
export function isFound(kind: FindingKind, value: number, chosen: Thresholds): boolean {
  const limit = thresholdOf(kind, chosen)
  return findingKindOf(kind).threshold?.side === 'below' ? value < limit : value > limit
}

/** Bins of a plot over the range of a kind; values outside are counted in the outermost. */
export const histogramBins = 64

export function binOf(kind: FindingKind, value: number): number {
  const { minimum, maximum } = findingKindOf(kind).threshold!
  return Math.min(histogramBins - 1, Math.max(0, Math.floor(((value - minimum) / (maximum - minimum)) * histogramBins)))
}

export const groupLabels: Record<FindingGroup, string> = { duplicates: 'Duplicates', leaks: 'Leaks', pictures: 'Pictures', texts: 'Texts', fit: 'Agreement' }
