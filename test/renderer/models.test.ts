// The Models view over a fake registry: the table, selecting, notes, names, deleting, lineage, comparing, and the dialogs.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '@shared/errors'
import { defaultRecipe } from '@shared/recipe'
import ModelsView from '@renderer/views/models/ModelsView.vue'
import { compareRecipes, compareScores, type ComparedModel } from '@renderer/views/models/compareModels'
import { layOutLineage } from '@renderer/views/models/lineageLayout'
import { formatParameters, meanRecall } from '@renderer/views/models/modelWords'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeModel } from './helpers/fakeData'
import { installModels, makeEvaluation, makeLineageRun, type FakeModels } from './helpers/fakeModels'
import { makeRun } from './helpers/fakeRuns'
import { mountView, press } from './helpers/mountView'

let fake: FakeApi
let state: FakeModels
let wrapper: VueWrapper

const page = () => document.body
const dialog = () => page().querySelector('[role="dialog"]')
/** By its words, without the key that stands behind them. */
const wordsOf = (element: Element): string => element.getAttribute('aria-label') ?? [...element.childNodes].filter((node) => node instanceof Text || (node instanceof Element && !node.matches('kbd') && !node.querySelector('kbd'))).map((node) => node.textContent ?? '').join('').trim()
const buttons = (within: ParentNode = page()): HTMLButtonElement[] => [...within.querySelectorAll<HTMLButtonElement>('button')]
const button = (name: string, within?: ParentNode): HTMLButtonElement => {
  const found = buttons(within).find((element) => wordsOf(element) === name)
  if (!found) throw new Error(`No button “${name}” among ${buttons(within).map(wordsOf).join(', ')}`)
  return found
}
const click = async (name: string, within?: ParentNode): Promise<void> => {
  button(name, within).click()
  for (let turn = 0; turn < 4; turn++) await flushPromises()
}
const fieldOf = (label: string): HTMLInputElement => {
  const found = [...page().querySelectorAll('label')].find((element) => element.textContent === label)
  return page().querySelector(`[id="${found?.getAttribute('for')}"]`)!
}
const type = async (label: string, text: string): Promise<void> => {
  const field = fieldOf(label)
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}
const region = (name: string): HTMLElement => page().querySelector(`section[aria-label="${name}"]`)!
const row = (name: string) => wrapper.findAll('table[aria-label="Models"] tbody tr').find((element) => element.text().startsWith(name))!
const inputsOf = (name: string): unknown[] => fake.calls.filter((call) => call.name === name).map((call) => call.input)
const show = async (): Promise<void> => {
  wrapper = (await mountView(ModelsView, fake)).wrapper as unknown as VueWrapper
  await vi.waitFor(() => expect(wrapper.text()).not.toContain('Reading the models'))
  await flushPromises()
}

beforeEach(() => {
  localStorage.clear()
  fake = createFakeApi()
  state = installModels(fake)
})
afterEach(() => wrapper?.unmount())

describe('the table', () => {
  it('shows kind, size, score, licence, and which model is the current one', async () => {
    await show()
    expect(wrapper.findAll('table[aria-label="Models"] tbody tr')).toHaveLength(5)
    expect(row('Nano FuseLIP').text()).toMatch(/current.*Bundled.*5\.36 M.*42\.0 %.*22 MB.*MIT/)
    expect(row('FuseLIP-S').text()).toMatch(/Imported.*42\.1 M.*–.*168 MB.*mit/)
    // The licence of a tuned model is that of its base; a score older than the weights is marked.
    expect(row('Run 1 · best').text()).toMatch(/Tuned.*71\.0 %.*MIT/)
    expect(row('Run 1 · last').text()).toContain('69.0 % *')
  })

  it('selects with the mouse and with j and k, and remembers it', async () => {
    await show()
    expect(wrapper.get('aside h2').text()).toBe('Nano FuseLIP')
    await row('FuseLIP-S').trigger('click')
    expect(wrapper.get('aside h2').text()).toBe('FuseLIP-S')
    await press('j')
    expect(wrapper.get('aside h2').text()).toBe('Halfway')
    await press('k')
    await press('k')
    await press('k')
    expect(wrapper.get('aside h2').text()).toBe('Nano FuseLIP')
    await row('Halfway').trigger('click')
    wrapper.unmount()
    await show()
    expect(wrapper.get('aside h2').text()).toBe('Halfway')
  })

  it('says what failed, and reads again when asked', async () => {
    fake.failNext('models.getLineage', new AppError('internal', 'The list cannot be read.', 'Try again.'))
    await show()
    expect(wrapper.get('[role="alert"]').text()).toContain('The list cannot be read.')
    await click('Try again')
    expect(wrapper.findAll('table[aria-label="Models"] tbody tr')).toHaveLength(5)
  })

  it('has words for an empty list', async () => {
    state.models = []
    await show()
    expect(wrapper.text()).toContain('No models')
    expect(button('Pull…').disabled).toBe(false)
  })
})

describe('the selected model', () => {
  const select = async (name: string): Promise<void> => {
    await show()
    await row(name).trigger('click')
    await flushPromises()
  }

  it('shows base, data with pictures, scores with their date, and disk use', async () => {
    await select('Run 1 · best')
    expect(region('Origin').textContent).toMatch(/Nano FuseLIP.*Run 1.*300 steps.*960 pairs, 120 for validation, 14 judgements.*ab12ab12ab12/s)
    expect(region('Origin').querySelectorAll('img')).toHaveLength(6)
    expect(region('Scores').textContent).toMatch(/Text → image71\.0 %.*Measured 2 Feb 2026.* on the test split, 200 queries\./s)
    expect(region('Disk use').textContent).toMatch(/weights22 MB.*embeddings of this project \(1,200\)461 KB/s)
    await row('Halfway').trigger('click')
    await flushPromises()
    expect(region('Origin').textContent).toMatch(/50\.0 %Nano FuseLIP50\.0 %Run 1 · best/)
    expect(region('Scores').textContent).toContain('Not measured on the test split')
  })

  it('becomes the current model with u, and is measured with m', async () => {
    await select('Run 1 · best')
    await press('u')
    expect(inputsOf('project.setCurrentModel')).toEqual([{ modelId: 'run:1:best' }])
    await press('m')
    expect(inputsOf('evaluation.start')).toEqual([{ modelId: 'run:1:best', split: 'test' }])
  })

  it('keeps notes when the field is left and when another model is selected, and offers them again after a failure', async () => {
    await select('Run 1 · best')
    const field = () => wrapper.get<HTMLTextAreaElement>('textarea')
    await vi.waitFor(() => expect(field().element.value).toBe('Better on edits.'))
    await field().setValue('Better on edits, worse on questions. ')
    await field().trigger('blur')
    expect(inputsOf('models.setNotes')).toEqual([{ modelId: 'run:1:best', notes: 'Better on edits, worse on questions.' }])
    await field().setValue('Second thought')
    fake.failNext('models.setNotes', new AppError('disk-full', 'The disk is full; nothing was changed.'))
    await row('FuseLIP-S').trigger('click')
    await flushPromises()
    expect(inputsOf('models.setNotes').at(-1)).toEqual({ modelId: 'run:1:best', notes: 'Second thought' })
    expect(state.notes.get('run:1:best')).toBe('Better on edits, worse on questions.')
    await vi.waitFor(() => expect(field().element.value).toBe(''))
  })

  it('is renamed with r; a tuned one through its run, a bundled one not at all', async () => {
    await select('Run 1 · best')
    await press('r')
    await flushPromises()
    const field = wrapper.get<HTMLInputElement>('aside input')
    expect([field.element.value, field.attributes('aria-label')]).toEqual(['Run 1', 'Name of the run'])
    await field.setValue('Edits first')
    await field.trigger('keydown', { key: 'Enter' })
    expect(inputsOf('models.rename')).toEqual([{ modelId: 'run:1:best', name: 'Edits first' }])
    await row('Nano FuseLIP').trigger('click')
    await press('r')
    expect(wrapper.find('aside input').exists()).toBe(false)
  })
})

describe('deleting', () => {
  it('says beforehand what goes, and what the engine refuses', async () => {
    await show()
    await row('FuseLIP-S').trigger('click')
    await flushPromises()
    await press('Delete')
    await vi.waitFor(() => expect(dialog()?.textContent).toContain('168 MB on disk become free'))
    fake.failNext('models.remove', new AppError('conflict', 'The run “Waiting” was started from this model and is paused.', 'Stop it.'))
    await click('Delete model', dialog()!)
    expect(dialog()!.textContent).toMatch(/cannot be deleted.*The run “Waiting” was started from this model and is paused\. Stop it\./s)
    expect(state.models.some(({ id }) => id === 'imported:fuselip-s')).toBe(true)
    await click('Close', dialog()!.querySelector('.border-t')!)
    await press('Delete')
    await vi.waitFor(() => expect(dialog()).not.toBeNull())
    await click('Delete model', dialog()!)
    await vi.waitFor(() => expect(dialog()).toBeNull())
    expect(row('FuseLIP-S')).toBeUndefined()
  })

  it('of a tuned model names the run that goes with it; a bundled one stays', async () => {
    await show()
    await row('Run 1 · last').trigger('click')
    await flushPromises()
    await press('Delete')
    await vi.waitFor(() => expect(dialog()?.textContent).toContain('The run “Run 1” goes with its charts, checkpoints and 2 models.'))
    await click('Delete run', dialog()!)
    expect(inputsOf('runs.remove')).toEqual([{ runId: 1 }])
    await vi.waitFor(() => expect(wrapper.findAll('table[aria-label="Models"] tbody tr')).toHaveLength(3))
    await row('Nano FuseLIP').trigger('click')
    await flushPromises()
    await press('Delete')
    await vi.waitFor(() => expect(dialog()?.textContent).toContain('A bundled model comes with the studio'))
    expect(buttons(dialog()!).map(wordsOf)).not.toContain('Delete model')
  })
})

describe('lineage', () => {
  it('is drawn with a button for each model, and selects by click', async () => {
    await show()
    await press('2')
    const list = wrapper.get('ul[aria-label="Lineage"]')
    expect(list.findAll('button').map((element) => element.text().replace(/R@1.*/, ''))).toEqual([
      'Nano FuseLIP5.36 M, bundled', 'Run 1 · best5.36 M, tuned, from Run 1', 'Halfway5.36 M, imported, from Run 1 · best and Nano FuseLIP', 'Run 1 · last5.36 M, tuned, from Run 1', 'FuseLIP-S42.1 M, imported',
    ])
    expect(list.text()).toContain('960 pairs')
    await list.findAll('button')[2]!.trigger('click')
    expect(wrapper.get('aside h2').text()).toBe('Halfway')
  })

  it('lays a chain of runs out to the right, keeps what has lost its base, and survives a circle', () => {
    const models = ['bundled:nano', 'run:1:best', 'run:2:best', 'imported:a', 'imported:b'].map((id) => makeModel({ id, name: id }))
    const runs = [makeLineageRun(3, { baseModelId: 'imported:gone', modelIds: [] }), makeLineageRun(2, { baseModelId: 'run:1:best', modelIds: ['run:2:best'] }), makeLineageRun(1, { modelIds: ['run:1:best', 'run:1:last'] })]
    const parents = (modelId: string) => [{ modelId, name: modelId, share: 1 }]
    const { nodes, edges, columnCount } = layOutLineage(models, { runs, blends: [{ modelId: 'imported:a', parents: parents('imported:b') }, { modelId: 'imported:b', parents: parents('imported:a') }] })
    const columnOf = Object.fromEntries(nodes.map(({ key, column }) => [key, column]))
    expect(columnOf).toMatchObject({ 'bundled:nano': 0, 'run:1': 1, 'run:1:best': 2, 'run:2': 3, 'run:2:best': 4, 'imported:gone': 0, 'run:3': 1 })
    expect(nodes.find(({ key }) => key === 'imported:gone')?.kind).toBe('gone')
    expect([nodes.length, columnCount]).toEqual([9, 5])
    expect(new Set(nodes.map(({ column, row: at }) => `${column} ${at}`)).size).toBe(nodes.length)
    expect(edges).toContainEqual({ from: 'run:1:best', to: 'run:2', isSide: false })
  })
})

describe('comparing', () => {
  it('sets a tuned model against its base with the points between them', async () => {
    fake.answer('runs.list', () => [makeRun(1, { state: 'finished' })])
    await show()
    await row('Run 1 · best').trigger('click')
    await press('3')
    await flushPromises()
    const scores = wrapper.get('table[aria-label="Scores"]')
    expect(scores.findAll('tbody tr')).toHaveLength(9)
    expect(scores.get('tbody tr').text()).toMatch(/R@1\s*71\.0\s*42\.0\s*\+29\.0/)
    expect(region('Size').textContent).toContain('Parameters5,358,275 the same')
    expect(region('Recipe').textContent).toContain('Epochs')
  })

  const compared = (over: Partial<ComparedModel>): ComparedModel => ({ model: makeModel(), licence: null, baseName: null, lineageRun: null, run: null, evaluation: null, ...over })

  it('lists only the settings that differ', () => {
    const left = compared({ run: makeRun(1) })
    const right = compared({ run: makeRun(2, { recipe: { ...defaultRecipe, epochs: 3, useHardNegatives: false } }) })
    expect(compareRecipes(left, right).map(({ label, left: one, right: two }) => [label, one, two])).toEqual([['Epochs', '12', '3'], ['Hard negatives', 'on', 'off']])
    expect(compareRecipes(left, left)).toEqual([])
    expect(compareRecipes(compared({}), compared({}))).toEqual([])
  })

  it('leaves tasks out that neither was measured in', () => {
    const left = compared({ evaluation: makeEvaluation('a', 0.5, { composedToImage: null, imageToText: null }) })
    expect(compareScores(left, compared({})).map(({ direction, left: one, right: two }) => [direction, one, two])).toEqual([['textToImage', 0.5, null], ['textToImage', 0.7, null], ['textToImage', 0.8, null]])
    expect(meanRecall(left.evaluation)).toBe(0.5)
    expect(meanRecall(null)).toBeNull()
    expect([5_358_275, 130_081_539, 900].map(formatParameters)).toEqual(['5.36 M', '130 M', '0.900 K'])
  })
})

describe('pull', () => {
  const open = async (): Promise<void> => {
    await show()
    await press('p')
    await vi.waitFor(() => expect(dialog()?.querySelectorAll('[role="radio"]')).toHaveLength(4))
  }

  it('shows the published scores, asks for licence and size, downloads, and goes on after a cancel', async () => {
    await open()
    const card = [...dialog()!.querySelectorAll<HTMLElement>('[role="radio"]')][2]!
    expect(card.textContent).toMatch(/FuseLIP-S-CC12M.*26\.0ImageNet/)
    card.click()
    await flushPromises()
    await click('Ask for licence and size')
    expect(region('What the hub offers').textContent).toMatch(/Licence: mit.*3 files, 412 MB/)
    await click('Pull', dialog()!)
    expect(inputsOf('models.pull')).toEqual([{ repository: 'chs20/FuseLIP-S-CC12M-MM', revision: 'main', name: null }])
    state.change(1, { phase: 'downloading pytorch_model.bin', done: 103_000_000, total: 412_000_000 })
    await vi.waitFor(() => expect(dialog()!.textContent).toContain('downloading pytorch_model.bin · 103 MB of 412 MB'))
    expect(button('Pull', dialog()!).disabled).toBe(true)
    await click('Cancel', region('Pull chs20/FuseLIP-S-CC12M-MM'))
    expect(inputsOf('jobs.cancel')).toEqual([{ jobId: 1 }])
    await vi.waitFor(() => expect(button('Go on with the download', dialog()!).disabled).toBe(false))
  })

  it('says what to do without a network', async () => {
    await open()
    await type('Repository', 'chs20/FuseLIP-S-CC3M-MM')
    fake.failNext('models.lookUp', new AppError('no-network', 'huggingface.co cannot be reached (ENOTFOUND).', 'Check the connection.'))
    await click('Ask for licence and size')
    expect(dialog()!.textContent).toContain('huggingface.co cannot be reached (ENOTFOUND).')
    expect(region('Without a network').textContent).toMatch(/Download config\.json and the weights.*Bring the folder here and import it/)
    await click('import it')
    await vi.waitFor(() => expect(dialog()?.textContent).toContain('Import a model'))
  })

  it('sets the mirror and the token, and never shows the token', async () => {
    await open()
    const tab = [...dialog()!.querySelectorAll<HTMLElement>('[role="tab"]')][1]!
    tab.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, button: 0 }))
    await vi.waitFor(() => expect(fieldOf('Address of the hub or of a mirror').value).toBe('https://huggingface.co'))
    await type('Address of the hub or of a mirror', 'https://mirror.example')
    dialog()!.querySelectorAll('form')[0]!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    await flushPromises()
    await type('Token, for private and gated models', 'hf_secret')
    dialog()!.querySelectorAll('form')[1]!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    await vi.waitFor(() => expect(dialog()!.textContent).toContain('A token is saved'))
    expect(inputsOf('models.setHub')).toEqual([{ endpoint: 'https://mirror.example' }, { token: 'hf_secret' }])
    expect(fieldOf('Token, for private and gated models').value).toBe('')
  })
})

describe('import, create and export', () => {
  it('imports what was picked', async () => {
    await show()
    await press('i')
    await vi.waitFor(() => expect(dialog()?.querySelector('[role="option"]')).not.toBeNull())
    ;[...dialog()!.querySelectorAll<HTMLElement>('[role="option"]')].find((entry) => entry.textContent?.includes('pictures'))!.click()
    await type('Name', 'Mine')
    await click('Import model', dialog()!)
    expect(inputsOf('models.import')).toEqual([{ sourceToken: 'pictures', name: 'Mine' }])
    state.change(1, { state: 'failed', error: { code: 'bad-model', message: 'token_embedding.weight has shape 3 × 2.', advice: 'Take another folder.' } })
    await vi.waitFor(() => expect(dialog()!.textContent).toContain('token_embedding.weight has shape 3 × 2.Take another folder.'))
  })

  it('creates a size whose tokenizer is here, and says what another one needs', async () => {
    await show()
    await press('n')
    await vi.waitFor(() => expect(dialog()?.querySelectorAll('[role="radio"]')).toHaveLength(4))
    expect(dialog()!.textContent).toContain('5,358,275 parameters')
    await type('Name', 'Fresh')
    await click('Create model', dialog()!)
    expect(inputsOf('models.create')).toEqual([{ sizeId: 'nano', tokenizerId: null, name: 'Fresh', seed: 1 }])
    ;[...dialog()!.querySelectorAll<HTMLElement>('[role="radio"]')][1]!.click()
    await flushPromises()
    expect(dialog()!.textContent).toContain('Pull yucornetto/tokenizer_titok_s128_imagenet first')
    expect(button('Create model', dialog()!).disabled).toBe(true)
  })

  it('exports the chosen forms into a new folder with the licence of the base', async () => {
    await show()
    await row('Run 1 · best').trigger('click')
    await flushPromises()
    await press('e')
    await vi.waitFor(() => expect(dialog()?.querySelector('[role="option"]')).not.toBeNull())
    expect(fieldOf('Licence').value).toBe('MIT')
    expect(fieldOf('Name of the new folder').value).toBe('run-1-best')
    dialog()!.querySelector<HTMLElement>('[role="switch"][aria-label="ONNX"]')!.click()
    dialog()!.querySelector<HTMLElement>('[role="switch"][aria-label="Half precision"]')!.click()
    await flushPromises()
    await type('Name of the new folder', '../up')
    expect(button('Export model', dialog()!).disabled).toBe(true)
    await type('Name of the new folder', 'tuned')
    await click('Export model', dialog()!)
    expect(inputsOf('models.export')).toEqual([{ modelId: 'run:1:best', folderToken: 'home', folderName: 'tuned', forms: ['safetensors'], halfPrecision: true, licence: 'MIT' }])
  })
})
