// The token inspector: what it opens on, codes and rivals, hidden tokens, use of the codebook, and its keys and states.
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rowsOf, useInspectorStore } from '@renderer/stores/inspector'
import { useSelectionStore } from '@renderer/stores/selection'
import { useCommandsStore } from '@renderer/stores/commands'
import { actionIds, findConflicts, keysOf } from '@renderer/lib/actions'
import InspectorView from '@renderer/views/inspector/InspectorView.vue'
import { figuresOf, formatRatio, formatShare } from '@renderer/views/inspector/inspectorWords'
import { curvePath, heightOf, rankCodes, tickCounts } from '@renderer/views/inspector/usePlot'
import LibraryView from '@renderer/views/library/LibraryView.vue'
import ReviewView from '@renderer/views/review/ReviewView.vue'
import { AppError } from '@shared/errors'
import { drawingPath } from '@shared/media'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeJob, makePair } from './helpers/fakeData'
import { drawingIdOf, makeInspectedPicture, makeTokenRow, makeUse } from './helpers/fakeInspector'
import { mountView, press } from './helpers/mountView'

let fake: FakeApi
let mounted: Awaited<ReturnType<typeof mountView>>
beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
  fake = createFakeApi({ pairs: Array.from({ length: 8 }, (_, index) => makePair(index + 1)) })
})
afterEach(() => {
  vi.useRealTimers()
  mounted?.wrapper.unmount()
  document.body.innerHTML = ''
})

const open = async (): Promise<void> => {
  mounted = await mountView(InspectorView, fake)
  await flushPromises()
}
const text = (): string => document.body.textContent!.replace(/\s+/g, ' ')
const named = (selector: string, label: string): HTMLElement => {
  const found = [...document.querySelectorAll<HTMLElement>(selector)].find((element) => (element.getAttribute('aria-label') ?? element.textContent!.trim()).startsWith(label))
  if (!found) throw new Error(`There is no ${selector} named “${label}”.`)
  return found
}
const pictureNamed = (alt: string): string => document.querySelector<HTMLImageElement>(`img[alt="${alt}"]`)!.getAttribute('src')!
/** Lets a pause of the view pass, and what it asks for come back. */
const rest = async (ms = 300): Promise<void> => {
  await vi.waitFor(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, ms))
  await flushPromises()
}
const inputsOf = (name: string): unknown[] => fake.calls.filter((call) => call.name === name).map(({ input }) => input)
const showTab = async (key: string): Promise<void> => {
  await press(key)
  await flushPromises()
}

describe('what it opens on', () => {
  it('is the first pair where nothing was chosen', async () => {
    await open()
    expect(text()).toContain('#1')
    expect(inputsOf('inspector.inspectPicture')).toEqual([{ image: { kind: 'project', imageId: 1 }, modelId: 'bundled:nano' }])
    expect(pictureNamed('Original')).toBe(drawingPath(drawingIdOf('original')))
  })

  it('is what was chosen before a reload', async () => {
    sessionStorage.setItem('studio.inspected', JSON.stringify({ kind: 'pair', pairId: 7 }))
    await open()
    expect(text()).toContain('#7')
    // The pair has two pictures; the left one is shown first, s shows the other.
    expect(inputsOf('inspector.inspectPicture')).toMatchObject([{ image: { imageId: 7 } }])
    await press('s')
    expect(inputsOf('inspector.inspectPicture').at(-1)).toMatchObject({ image: { imageId: 1007 } })
  })

  it('is the pair in focus in the Library and in Review, by their key', async () => {
    mounted = await mountView(ReviewView, fake)
    const push = vi.spyOn(mounted.router, 'push')
    const shown = Number(/\d+/.exec(document.querySelector('article')!.getAttribute('aria-label')!)![0])
    await press('x')
    expect(push).toHaveBeenCalledWith({ name: 'inspector' })
    expect(useInspectorStore().subject).toEqual({ kind: 'pair', pairId: shown })
    mounted.wrapper.unmount()
    mounted = await mountView(LibraryView, fake)
    await press('x')
    expect(useInspectorStore().subject).toEqual({ kind: 'pair', pairId: shown })
    useSelectionStore().focusIndex = 4
    await flushPromises()
    await press('x')
    expect(useInspectorStore().subject).toEqual({ kind: 'pair', pairId: 5 })
  })

  it('says so in a project without pairs, and where the pair is gone', async () => {
    fake.studio.pairs = []
    await open()
    expect(text()).toContain('Nothing to inspect yet')
    mounted.wrapper.unmount()
    sessionStorage.setItem('studio.inspected', JSON.stringify({ kind: 'pair', pairId: 99 }))
    await open()
    expect(document.querySelector('[role="alert"]')!.textContent).toContain('There is no pair 99.')
  })
})

describe('choosing', () => {
  it('finds pairs by their words, and opens one', async () => {
    await open()
    await press('o')
    const field = document.querySelector<HTMLInputElement>('[role="dialog"] input[type="search"]')!
    field.value = fake.studio.pairs[4]!.left.text!
    field.dispatchEvent(new Event('input'))
    await rest()
    named('[role="dialog"] li button', 'Inspect pair 5').click()
    await rest()
    expect(document.querySelector('[role="dialog"]')).toBeNull()
    expect(text()).toContain('#5')
  })

  it('offers its actions in the palette, and no two of its keys clash', async () => {
    await open()
    const ids = useCommandsStore().commands.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['inspector.choose', 'inspector.picture', 'inspector.hidden', 'inspector.codebook']))
    const own = actionIds.filter((id) => id.startsWith('inspector.') || id.endsWith('nspect') || id === 'go.inspector')
    expect(own).toHaveLength(12)
    for (const id of own) for (const key of keysOf(id, {})) expect(findConflicts(id, key, {}), `${id} ${key}`).toEqual([])
  })
})

describe('codes and pixels', () => {
  it('shows original, reconstruction and difference, with their figures', async () => {
    await open()
    const codes = makeInspectedPicture({ image: { kind: 'project', imageId: 1 } }).codes.map(({ code }) => code).join(' ')
    expect(pictureNamed('Reconstruction')).toBe(drawingPath(drawingIdOf(codes)))
    expect(pictureNamed('Difference')).toBe(drawingPath(drawingIdOf(`difference ${codes}`)))
    for (const figure of ['24.50 dB', '0.8125', '8 × 10 bit = 10 B', '1 : 1,229', '1 : 200']) expect(text()).toContain(figure)
    expect(document.querySelectorAll('[role="gridcell"]')).toHaveLength(8)
  })

  it('draws the rival of the code in focus, by keyboard, and comes back to the reconstruction', async () => {
    fake.answer('inspector.getUse', () => makeUse())
    await open()
    const cells = () => [...document.querySelectorAll<HTMLElement>('[role="gridcell"]')]
    cells()[0]!.focus()
    await press('ArrowRight')
    expect(document.activeElement).toBe(cells()[1])
    await rest()
    const { codes, comparedWith } = inputsOf('inspector.drawCodes').at(-1) as { codes: number[]; comparedWith: number[] }
    expect(comparedWith).toEqual([10, 11, 12, 13, 14, 15, 16, 17])
    expect(codes).toEqual([10, 12, 12, 13, 14, 15, 16, 17])
    expect(pictureNamed('With the rival')).toBe(drawingPath(drawingIdOf(codes.join(' '))))
    expect(text()).toContain('Place 1: code 11, used 589 times in the project (0.3 %), at distance 0.500. Rival 12, used 588 times')
    await press('Escape')
    expect(document.querySelector('img[alt="Reconstruction"]')).not.toBeNull()
  })

  it('lays 128 codes out in rows of 16, through which arrow keys move', async () => {
    fake.answer('inspector.inspectPicture', (input: never) => {
      const picture = makeInspectedPicture(input)
      return { ...picture, codes: Array.from({ length: 128 }, (_, index) => ({ ...picture.codes[0]!, code: index })) }
    })
    await open()
    const cells = [...document.querySelectorAll<HTMLElement>('[role="gridcell"]')]
    expect([cells.length, document.querySelectorAll('[role="row"]').length]).toEqual([128, 8])
    cells[0]!.focus()
    await press('ArrowDown')
    expect(document.activeElement).toBe(cells[16])
    await press('End')
    expect(document.activeElement).toBe(cells[127])
  })

  it('asks nothing for codes that a pointer only passes over', async () => {
    await open()
    for (const cell of document.querySelectorAll('[role="gridcell"]')) cell.dispatchEvent(new MouseEvent('mouseenter'))
    document.querySelector('[role="grid"]')!.dispatchEvent(new MouseEvent('mouseleave'))
    await rest()
    expect(inputsOf('inspector.drawCodes')).toEqual([])
  })

  it('says what is missing where the tokenizer has no decoder', async () => {
    fake.answer('inspector.inspectPicture', (input: never) => {
      const picture = makeInspectedPicture(input)
      return { ...picture, reconstruction: null, tokenizer: { ...picture.tokenizer, hasDecoder: false } }
    })
    await open()
    expect(text()).toContain('The image tokenizer nano-titok has no decoder.')
    document.querySelector<HTMLElement>('[role="gridcell"]')!.focus()
    await rest()
    expect(inputsOf('inspector.drawCodes')).toEqual([])
  })

  it('shows why a picture cannot be read, and reads it again on request', async () => {
    fake.failNext('inspector.inspectPicture', new AppError('unreadable-image', 'Picture 1 cannot be read.', 'Look at the file.'))
    await open()
    expect(document.querySelector('[role="alert"]')!.textContent).toContain('Picture 1 cannot be read.')
    named('[role="alert"] button', 'Try again').click()
    await flushPromises()
    expect(document.querySelectorAll('[role="gridcell"]')).toHaveLength(8)
  })
})

describe('hidden tokens', () => {
  beforeEach(async () => {
    await open()
    await showTab('2')
  })

  it('lays picture and words of both sides out as one row, or each side alone', async () => {
    expect(inputsOf('inspector.listTokens').at(-1)).toEqual({ image: { kind: 'project', imageId: 1 }, text: fake.studio.pairs[0]!.left.text, modelId: 'bundled:nano' })
    named('[role="radio"]', 'Left side').click()
    await flushPromises()
    expect(inputsOf('inspector.listTokens').at(-1)).toEqual({ image: null, text: fake.studio.pairs[0]!.left.text, modelId: 'bundled:nano' })
  })

  it('hides what is pressed and shows what is expected there', async () => {
    expect(text()).toContain('Hide a token')
    named('[role="toolbar"] button', 'Place 3').click()
    await flushPromises()
    named('[role="toolbar"] button', 'Place 10').click()
    await rest(400)
    expect(inputsOf('inspector.predict')).toHaveLength(1)
    expect(inputsOf('inspector.predict')[0]).toMatchObject({ positions: [3, 10], count: 5 })
    const card = named('section', 'Place 3, code 13')
    expect(card.textContent).toContain('rank 7')
    expect(named('section', 'Place 10').textContent).toContain('25.0 %')
    expect(text()).toContain('< 0.1 %')
    expect(pictureNamed('With the expected codes')).toBe(drawingPath(drawingIdOf('10 11 12 500 14 15 16 17')))
    named('[aria-label="Place 3, code 13"] button', 'Draw code 13').click()
    await flushPromises()
    expect(pictureNamed('With code 13 in place 3')).toBe(drawingPath(drawingIdOf('10 11 12 13 14 15 16 17')))
  })

  it('hides all words or codes by a key, and shows all again', async () => {
    await press('w')
    await rest(400)
    const words = makeTokenRow({ image: { kind: 'project', imageId: 1 }, text: fake.studio.pairs[0]!.left.text }).tokens.filter(({ kind }) => kind === 'word')
    expect(inputsOf('inspector.predict').at(-1)).toMatchObject({ positions: words.map(({ position }) => position) })
    expect(document.querySelector('[aria-label="Expected picture"]')).toBeNull()
    await press('c')
    await rest(400)
    expect(inputsOf('inspector.predict').at(-1)).toMatchObject({ positions: [0, 1, 2, 3, 4, 5, 6, 7] })
    await press('Escape')
    expect(text()).toContain('Hide a token')
  })

  it('is one stop for Tab, through which arrows move; the end cannot be hidden', async () => {
    const chips = [...document.querySelectorAll<HTMLElement>('[role="toolbar"] button')]
    expect(chips.filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1)
    chips[0]!.focus()
    await press('End')
    expect(document.activeElement).toBe(chips.at(-1))
    expect(chips.at(-1)!.getAttribute('aria-disabled')).toBe('true')
    chips.at(-1)!.click()
    await rest(400)
    expect(inputsOf('inspector.predict')).toEqual([])
  })

  it('says why a model can predict nothing', async () => {
    fake.answer('inspector.listTokens', (input: never) => ({ ...makeTokenRow(input), obstacle: 'Old model was built without masked modelling.' }))
    named('[role="radio"]', 'Right side').click()
    await flushPromises()
    expect(text()).toContain('Old model was built without masked modelling.')
  })
})

describe('codebook use', () => {
  it('is counted in a job with its progress, which can be cancelled', async () => {
    await open()
    await showTab('3')
    expect(text()).toContain('Not counted yet')
    named('button', 'Count codebook use').click()
    await flushPromises()
    expect(inputsOf('inspector.countUse')).toEqual([{ filter: { query: '' }, modelId: 'bundled:nano' }])
    fake.emit({ topic: 'job', job: makeJob(1, { kind: 'inspect', phase: 'counting codes', done: 60, total: 240 }) })
    await flushPromises()
    expect(document.querySelector('[role="progressbar"][aria-label="Count of codebook use"]')!.getAttribute('aria-valuenow')).toBe('25')
    named('button', 'Cancel').click()
    await flushPromises()
    expect(inputsOf('jobs.cancel')).toEqual([{ jobId: 1 }])
  })

  it('is read again when the count has ended', async () => {
    await open()
    await showTab('3')
    fake.answer('inspector.getUse', () => makeUse({ isStale: true, failedCount: 2 }))
    fake.emit({ topic: 'job', job: makeJob(1, { kind: 'inspect', state: 'done' }) })
    await flushPromises()
    for (const words of ['600 of 1,024', '477.7', '8.90 bit', '2 pictures could not be read', 'holds other pictures than were counted']) expect(text()).toContain(words)
    expect(document.querySelector('[role="img"]')!.getAttribute('aria-label')).toBe('Use of 1,024 codes, most frequent first: 600 occur, the most frequent 600 times')
    expect(document.querySelector('table')!.textContent).toContain('600')
  })
})

describe('the plain parts', () => {
  it('put picture and words together only where they stand on different sides', () => {
    const keysOf = (over: Parameters<typeof makePair>[1]): string[] => rowsOf(makePair(1, over)).map(({ key }) => key)
    expect(keysOf({})).toEqual(['left', 'right', 'both'])
    expect(keysOf({ left: { imageId: 1, text: null }, right: { imageId: null, text: 'red' } })).toEqual(['left', 'right', 'both'])
    expect(keysOf({ left: { imageId: 1, text: 'now blue' }, right: { imageId: 2, text: null } })).toEqual(['left', 'right'])
    expect(keysOf({ left: { imageId: 1, text: null }, right: { imageId: null, text: null } })).toEqual(['left'])
  })

  it('draw the curve from the most frequent code down, on a logarithmic scale', () => {
    const curve = rankCodes([0, 9, 99])
    expect(curve.ranked.map(({ code }) => code)).toEqual([2, 1, 0])
    expect(heightOf(9, 99)).toBeCloseTo(0.5, 9)
    expect(curvePath(curve, 300, 100)).toBe('M0 100V0H100V50H200V100H300V100Z')
    expect([tickCounts(0), tickCounts(1), tickCounts(99), tickCounts(1500)]).toEqual([[], [1], [1, 10, 99], [1, 10, 100, 1500]])
  })

  it('write figures with their units', () => {
    expect([formatRatio(400, 100), formatRatio(98_304, 320), formatShare(0.612), formatShare(0.0004), formatShare(0)]).toEqual(['1 : 4.0', '1 : 307', '61.2 %', '< 0.1 %', '0.0 %'])
    const whole = makeInspectedPicture({ image: { kind: 'project', imageId: 1 } })
    const figures = figuresOf({ ...whole, reconstruction: { ...whole.reconstruction!, psnrDecibel: null }, compression: { ...whole.compression, fileBits: null } })
    expect(figures.find(({ name }) => name === 'PSNR')!.value).toBe('equal')
    expect(figures.find(({ name }) => name === 'Against the file')!.value).toBe('–')
  })
})
