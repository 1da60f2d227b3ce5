// Every action that has a key: its name for people, where it works, and its default keys (tinykeys notation).
// Settings may replace the keys of an action by one other key.

export type ActionScope = 'everywhere' | 'library' | 'make' | 'quality' | 'review' | 'negatives' | 'train' | 'search' | 'inspector' | 'models' | 'settings'

export interface ActionEntry {
  label: string
  scope: ActionScope
  keys: readonly string[]
  /** Works while a text field has the focus. */
  worksInText?: boolean
}

export const actionEntries = {
  'palette.open': { label: 'Command palette', scope: 'everywhere', keys: ['$mod+k'], worksInText: true },
  'keys.show': { label: 'Show the keys', scope: 'everywhere', keys: ['Shift+?'] },
  'history.undo': { label: 'Undo', scope: 'everywhere', keys: ['$mod+z'] },
  'history.redo': { label: 'Redo', scope: 'everywhere', keys: ['$mod+Shift+z', '$mod+y'] },
  'history.show': { label: 'Show the history', scope: 'everywhere', keys: ['g h'] },
  'go.library': { label: 'Go to Library', scope: 'everywhere', keys: ['g l'] },
  'go.make': { label: 'Go to Make', scope: 'everywhere', keys: ['g p'] },
  'go.quality': { label: 'Go to Quality', scope: 'everywhere', keys: ['g q'] },
  'go.review': { label: 'Go to Review', scope: 'everywhere', keys: ['g r'] },
  'go.negatives': { label: 'Go to Negatives', scope: 'everywhere', keys: ['g n'] },
  'go.train': { label: 'Go to Train', scope: 'everywhere', keys: ['g t'] },
  'go.search': { label: 'Go to Search', scope: 'everywhere', keys: ['g s'] },
  'go.inspector': { label: 'Go to Inspector', scope: 'everywhere', keys: ['g i'] },
  'go.models': { label: 'Go to Models', scope: 'everywhere', keys: ['g m'] },
  'go.settings': { label: 'Go to Settings', scope: 'everywhere', keys: ['g ,'] },
  'jobs.toggle': { label: 'Show or hide jobs', scope: 'everywhere', keys: ['g j'] },
  'import.open': { label: 'Import pairs', scope: 'everywhere', keys: ['$mod+i'] },

  'export.open': { label: 'Export pairs', scope: 'everywhere', keys: ['$mod+e'] },
  'snapshots.open': { label: 'Snapshots', scope: 'everywhere', keys: ['g v'] },

  'library.accept': { label: 'Accept selected', scope: 'library', keys: ['a'] },
  'library.reject': { label: 'Reject selected', scope: 'library', keys: ['r'] },
  'library.reset': { label: 'Mark selected as unreviewed', scope: 'library', keys: ['u'] },
  'library.tag': { label: 'Tag selected', scope: 'library', keys: ['t'] },
  'library.bulk': { label: 'Edit many pairs', scope: 'library', keys: ['b'] },
  'library.remove': { label: 'Delete selected', scope: 'library', keys: ['Delete'] },
  'library.duplicate': { label: 'Duplicate selected', scope: 'library', keys: ['c'] },
  'library.swap': { label: 'Swap the sides of selected', scope: 'library', keys: ['s'] },
  'library.selectAll': { label: 'Select all that match', scope: 'library', keys: ['$mod+a'] },
  'library.clear': { label: 'Clear the selection', scope: 'library', keys: ['Escape'] },
  'library.find': { label: 'Type a filter', scope: 'library', keys: ['/'] },
  'library.inspect': { label: 'Inspect the tokens of the pair', scope: 'library', keys: ['x'] },
  'library.panel': { label: 'Show or hide details', scope: 'library', keys: ['d'] },
  'library.near': { label: 'Look near a text or a picture', scope: 'library', keys: ['n'] },
  'library.moreLike': { label: 'More like the pair in focus', scope: 'library', keys: ['m'] },
  'library.facets': { label: 'Show or hide counts by value', scope: 'library', keys: ['f'] },
  'library.edit': { label: 'Edit the caption, in the table', scope: 'library', keys: ['e'] },
  'library.grid': { label: 'Show the grid', scope: 'library', keys: ['1'] },
  'library.table': { label: 'Show the table', scope: 'library', keys: ['2'] },
  'library.map': { label: 'Show the map', scope: 'library', keys: ['3'] },
  'map.pan': { label: 'Map: move it by pointer', scope: 'library', keys: ['h'] },
  'map.lasso': { label: 'Map: select by an outline', scope: 'library', keys: ['l'] },
  'map.box': { label: 'Map: select by a box', scope: 'library', keys: ['Shift+L'] },
  'map.selectInView': { label: 'Map: select what is in sight', scope: 'library', keys: ['v'] },
  'map.fit': { label: 'Map: show all', scope: 'library', keys: ['0'] },
  'map.fitSelection': { label: 'Map: show the selection', scope: 'library', keys: ['9'] },

  'make.regions': { label: 'Regions', scope: 'make', keys: ['1'] },
  'make.questions': { label: 'Questions', scope: 'make', keys: ['2'] },
  'make.edit': { label: 'Edit of two pictures', scope: 'make', keys: ['3'] },
  'make.newPairs': { label: 'New pairs', scope: 'make', keys: ['4'] },
  'make.transforms': { label: 'Transformations', scope: 'make', keys: ['5'] },
  'make.template': { label: 'Template', scope: 'make', keys: ['6'] },
  'make.splits': { label: 'Splits', scope: 'make', keys: ['7'] },
  'make.next': { label: 'Next picture', scope: 'make', keys: ['j'] },
  'make.previous': { label: 'Previous picture', scope: 'make', keys: ['k'] },
  'make.new': { label: 'New box, question or template', scope: 'make', keys: ['n'] },
  'make.remove': { label: 'Delete the region', scope: 'make', keys: ['Delete'] },
  'make.swap': { label: 'Swap the pictures of the edit', scope: 'make', keys: ['s'] },
  'make.start': { label: 'Make or split the pairs', scope: 'make', keys: ['$mod+Enter'], worksInText: true },

  'quality.check': { label: 'Check quality', scope: 'quality', keys: ['c'] },
  'quality.next': { label: 'Next finding', scope: 'quality', keys: ['j', 'ArrowDown', 'ArrowRight'] },
  'quality.previous': { label: 'Previous finding', scope: 'quality', keys: ['k', 'ArrowUp', 'ArrowLeft'] },
  'quality.nextKind': { label: 'Next kind of finding', scope: 'quality', keys: [']'] },
  'quality.previousKind': { label: 'Previous kind of finding', scope: 'quality', keys: ['['] },
  'quality.reject': { label: 'Reject the pair', scope: 'quality', keys: ['r'] },
  'quality.dismiss': { label: 'Dismiss the finding', scope: 'quality', keys: ['x'] },
  'quality.keepFirst': { label: 'Keep the first of the set', scope: 'quality', keys: ['1'] },
  'quality.keepSecond': { label: 'Keep the second of the set', scope: 'quality', keys: ['2'] },
  'quality.keepThird': { label: 'Keep the third of the set', scope: 'quality', keys: ['3'] },
  'quality.keepBest': { label: 'Keep the best of the set', scope: 'quality', keys: ['b'] },
  'quality.difference': { label: 'Show where duplicates differ', scope: 'quality', keys: ['d'] },
  'quality.all': { label: 'Mend all of the kind', scope: 'quality', keys: ['Shift+A'] },
  'quality.library': { label: 'Show in the Library', scope: 'quality', keys: ['l'] },
  'quality.undo': { label: 'Undo', scope: 'quality', keys: ['u'] },

  'review.accept': { label: 'Accept', scope: 'review', keys: ['a'] },
  'review.reject': { label: 'Reject', scope: 'review', keys: ['r'] },
  'review.edit': { label: 'Edit caption', scope: 'review', keys: ['e'] },
  'review.skip': { label: 'Skip', scope: 'review', keys: ['s', 'ArrowRight'] },
  'review.back': { label: 'Back', scope: 'review', keys: ['ArrowLeft'] },
  'review.tag': { label: 'Tag', scope: 'review', keys: ['t'] },
  'review.editOther': { label: 'Edit the other text', scope: 'review', keys: ['Shift+e'] },
  'review.flag': { label: 'Flag to look again', scope: 'review', keys: ['f'] },
  'review.zoom': { label: 'Zoom the picture', scope: 'review', keys: ['z'] },
  'review.sheet': { label: 'One pair or a page of them', scope: 'review', keys: ['c'] },
  'review.up': { label: 'Row above, on a page', scope: 'review', keys: ['ArrowUp'] },
  'review.down': { label: 'Row below, on a page', scope: 'review', keys: ['ArrowDown'] },
  'review.acceptRest': { label: 'Accept the rest of the page', scope: 'review', keys: ['Shift+a'] },
  'review.advance': { label: 'Go on after a decision, or stay', scope: 'review', keys: ['v'] },
  'review.quickTags': { label: 'Assign quick tags', scope: 'review', keys: ['q'] },
  'review.tag1': { label: 'Quick tag 1', scope: 'review', keys: ['1'] },
  'review.tag2': { label: 'Quick tag 2', scope: 'review', keys: ['2'] },
  'review.tag3': { label: 'Quick tag 3', scope: 'review', keys: ['3'] },
  'review.tag4': { label: 'Quick tag 4', scope: 'review', keys: ['4'] },
  'review.tag5': { label: 'Quick tag 5', scope: 'review', keys: ['5'] },
  'review.tag6': { label: 'Quick tag 6', scope: 'review', keys: ['6'] },
  'review.tag7': { label: 'Quick tag 7', scope: 'review', keys: ['7'] },
  'review.tag8': { label: 'Quick tag 8', scope: 'review', keys: ['8'] },
  'review.tag9': { label: 'Quick tag 9', scope: 'review', keys: ['9'] },
  'review.inspect': { label: 'Inspect its tokens', scope: 'review', keys: ['x'] },
  'review.undo': { label: 'Undo', scope: 'review', keys: ['u'] },

  'negatives.negative': { label: 'Negative', scope: 'negatives', keys: ['1', 'n'] },
  'negatives.match': { label: 'Also a match', scope: 'negatives', keys: ['2', 'm'] },
  'negatives.ignore': { label: 'Ignore', scope: 'negatives', keys: ['3', 'i'] },
  'negatives.skip': { label: 'Skip', scope: 'negatives', keys: ['s', 'ArrowRight'] },
  'negatives.back': { label: 'Back', scope: 'negatives', keys: ['ArrowLeft'] },
  'negatives.undo': { label: 'Undo', scope: 'negatives', keys: ['u'] },

  'train.start': { label: 'Start training', scope: 'train', keys: ['$mod+Enter'], worksInText: true },
  'train.next': { label: 'Next run', scope: 'train', keys: ['j'] },
  'train.previous': { label: 'Previous run', scope: 'train', keys: ['k'] },
  'train.pause': { label: 'Pause or resume the run', scope: 'train', keys: ['p'] },
  'train.compare': { label: 'Compare with another run', scope: 'train', keys: ['c'] },
  'train.charts': { label: 'Show its charts', scope: 'train', keys: ['1'] },
  'train.details': { label: 'Show its details', scope: 'train', keys: ['2'] },
  'train.evaluate': { label: 'Show its evaluation', scope: 'train', keys: ['3'] },

  'search.focus': { label: 'Type a query', scope: 'search', keys: ['/'] },
  'search.positive': { label: 'Save hit as positive', scope: 'search', keys: ['p'] },
  'search.negative': { label: 'Save hit as negative', scope: 'search', keys: ['n'] },
  'search.useAsQuery': { label: 'Search with the picture of the hit', scope: 'search', keys: ['i'] },
  'search.inspect': { label: 'Inspect the tokens of the hit', scope: 'search', keys: ['x'] },

  'inspector.choose': { label: 'Choose what to inspect', scope: 'inspector', keys: ['o'] },
  'inspector.other': { label: 'Other picture of the pair', scope: 'inspector', keys: ['s'] },
  'inspector.picture': { label: 'Show codes and pixels', scope: 'inspector', keys: ['1'] },
  'inspector.hidden': { label: 'Show hidden tokens', scope: 'inspector', keys: ['2'] },
  'inspector.codebook': { label: 'Show codebook use', scope: 'inspector', keys: ['3'] },
  'inspector.hideWords': { label: 'Hide the words', scope: 'inspector', keys: ['w'] },
  'inspector.hideCodes': { label: 'Hide the codes', scope: 'inspector', keys: ['c'] },
  'inspector.showAll': { label: 'Hide nothing', scope: 'inspector', keys: ['Escape'] },

  'models.next': { label: 'Next model', scope: 'models', keys: ['j'] },
  'models.previous': { label: 'Previous model', scope: 'models', keys: ['k'] },
  'models.table': { label: 'Show the table', scope: 'models', keys: ['1'] },
  'models.lineage': { label: 'Show the lineage', scope: 'models', keys: ['2'] },
  'models.compare': { label: 'Compare with another model', scope: 'models', keys: ['3', 'c'] },
  'models.use': { label: 'Use as the current model', scope: 'models', keys: ['u'] },
  'models.measure': { label: 'Measure on the test split', scope: 'models', keys: ['m'] },
  'models.rename': { label: 'Rename the model', scope: 'models', keys: ['r'] },
  'models.notes': { label: 'Write notes', scope: 'models', keys: ['o'] },
  'models.export': { label: 'Export the model', scope: 'models', keys: ['e'] },
  'models.remove': { label: 'Delete the model', scope: 'models', keys: ['Delete'] },
  'models.pull': { label: 'Pull a model from the hub', scope: 'models', keys: ['p'] },
  'models.import': { label: 'Import a model', scope: 'models', keys: ['i'] },
  'models.create': { label: 'Create a model', scope: 'models', keys: ['n'] },
} as const satisfies Record<string, ActionEntry>

export type ActionId = keyof typeof actionEntries

export const actionIds = Object.keys(actionEntries) as ActionId[]
export const actionOf = (id: ActionId): ActionEntry => actionEntries[id]

/** Keys that lists and fields have of themselves; they are shown beside the actions, not changed. */
export const fixedKeys: Partial<Record<ActionScope, readonly { label: string; keys: readonly string[] }[]>> = {
  make: [
    { label: 'Move the box', keys: ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] },
    { label: 'Resize the box', keys: ['Shift+ArrowRight', 'Shift+ArrowDown'] },
    { label: 'By one pixel', keys: ['Alt+ArrowRight'] },
    { label: 'From the box to its phrase', keys: ['Enter'] },
  ],
  library: [
    { label: 'Move through the pairs', keys: ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] },
    { label: 'Extend the selection', keys: ['Shift+ArrowRight', 'Shift+ArrowDown'] },
    { label: 'Add to the selection', keys: ['Space'] },
    { label: 'Open the details', keys: ['Enter'] },
    { label: 'Zoom the map', keys: ['-', '='] },
    { label: 'Move the map', keys: ['Alt+ArrowLeft', 'Alt+ArrowRight', 'Alt+ArrowUp', 'Alt+ArrowDown'] },
  ],
  quality: [
    { label: 'Move the threshold', keys: ['ArrowLeft', 'ArrowRight'] },
  ],
  search: [
    { label: 'Search', keys: ['Enter'] },
    { label: 'Go to the hits, and through them', keys: ['ArrowDown', 'ArrowUp'] },
    { label: 'Go to the other model', keys: ['ArrowLeft', 'ArrowRight'] },
  ],
  inspector: [
    { label: 'Move through codes or tokens', keys: ['ArrowLeft', 'ArrowRight'] },
    { label: 'Hide or show a token', keys: ['Space'] },
  ],
  settings: [{ label: 'Choose among options', keys: ['ArrowLeft', 'ArrowRight'] }],
}

/** The keys of an action under a person's changes. */
export function keysOf(id: ActionId, changed: Readonly<Record<string, string>>): readonly string[] {
  const key = changed[id]
  return key ? [key] : actionOf(id).keys
}

/** Actions that would answer to the same key: those of one scope, and everywhere against all scopes. */
export function findConflicts(id: ActionId, key: string, changed: Readonly<Record<string, string>>): ActionId[] {
  const scope = actionOf(id).scope
  return actionIds.filter((other) => {
    const otherScope = actionOf(other).scope
    const canMeet = scope === otherScope || scope === 'everywhere' || otherScope === 'everywhere'
    return other !== id && canMeet && keysOf(other, changed).some((taken) => taken.toLowerCase() === key.toLowerCase())
  })
}

export const scopeLabels: Record<ActionScope, string> = {
  everywhere: 'Everywhere', library: 'Library', make: 'Make', quality: 'Quality', review: 'Review', negatives: 'Negatives', train: 'Train', search: 'Search', inspector: 'Inspector', models: 'Models', settings: 'Settings',
}
