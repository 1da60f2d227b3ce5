// The Make view over a fake engine, by keyboard: boxes and phrases, questions, dropped things, templates and splits.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { boxBetween, fitBox, middleBox, pressBox } from '@renderer/views/make/boxEdit'
import MakeView from '@renderer/views/make/MakeView.vue'
import { useNewPairsStore } from '@renderer/stores/newPairs'
import { useMakeStore, type MakeTab } from '@renderer/stores/make'
import { AppError } from '@shared/errors'
import { invertEdit } from '@shared/invertEdit'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeJob, makePair } from './helpers/fakeData'
import { installMake } from './helpers/fakeMake'
import { mountView, press } from './helpers/mountView'

let fake: FakeApi
let boxes: ReturnType<typeof installMake>['boxes']
let wrapper: VueWrapper
const called = (name: string): unknown[] => fake.calls.filter((call) => call.name === name).map((call) => call.input)
const last = (name: string): unknown => called(name).at(-1)
const button = (name: string) => wrapper.findAll('button').find((one) => one.text().startsWith(name) || one.attributes('aria-label') === name)!
const field = (label: string) => wrapper.get<HTMLInputElement>(`#${wrapper.findAll('label').find((one) => one.text() === label)!.attributes('for')}`)

async function open(tab: MakeTab): Promise<void> {
  const mounted = await mountView(MakeView, fake)
  wrapper = mounted.wrapper
  useMakeStore(mounted.pinia).tab = tab
  await flushPromises()
  await vi.waitFor(async () => { await flushPromises(); expect(wrapper.find('[role="tabpanel"]').exists()).toBe(true) })
}
/** Lets the pause after typing pass. */
const preview = (name: string, count = 1): Promise<void> => vi.waitFor(async () => { await flushPromises(); expect(called(name).length).toBeGreaterThanOrEqual(count) })

beforeEach(() => {
  fake = createFakeApi({ pairs: Array.from({ length: 6 }, (_, index) => makePair(index + 1, { left: { imageId: 100 + Math.floor(index / 2), text: null }, right: { imageId: null, text: `caption ${index}` } })), jobs: [makeJob(1, { kind: 'make', title: 'Make' })] })
  boxes = installMake(fake).boxes
})
afterEach(() => {
  wrapper?.unmount()
  document.body.innerHTML = ''
})

describe('regions', () => {
  it('are drawn, phrased and made by keyboard', async () => {
    await open('regions')
    await press('n')
    const box = () => wrapper.get('[aria-roledescription="box"]')
    expect(document.activeElement).toBe(box().element)
    expect(box().attributes('aria-label')).toBe('Box, 100 × 67 px at 100, 67')
    await press('ArrowLeft')
    await press('ArrowUp', { altKey: true })
    await press('ArrowRight', { shiftKey: true })
    expect(box().attributes('aria-label')).toBe('Box, 104 × 67 px at 96, 66')
    await press('Enter')
    expect(document.activeElement).toBe(field('Phrase').element)
    await field('Phrase').setValue('a red door')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(last('make.addRegion')).toEqual({ imageId: 100, box: { left: 96, top: 66, width: 104, height: 67 }, phrase: 'a red door' })
    expect(wrapper.find('[aria-roledescription="box"]').exists()).toBe(false)
    expect(button('Edit the region a red door').exists()).toBe(true)
  })

  it('show how much they overlap, and warn where that is too much or the box is small', async () => {
    const pair = makePair(50, { task: 'region', left: { imageId: 100, text: 'first' } })
    boxes.set(50, { left: 100, top: 67, width: 100, height: 67 })
    fake.studio.pairs = [...fake.studio.pairs, pair]
    await open('regions')
    await press('n')
    expect(wrapper.text()).toContain('Overlap (IoU) with “first”: 100 %, more than 30 %')
    for (let step = 0; step < 17; step++) await press('ArrowRight')
    expect(wrapper.text()).toMatch(/Overlap \(IoU\) with “first”: 19 %(?!, more)/)
    await press('Escape')
    await press('n')
    for (let step = 0; step < 17; step++) await press('ArrowLeft', { shiftKey: true })
    expect(wrapper.text()).toContain('must be wider and higher than 32 px')
  })

  it('are changed, deleted and left; other pictures come by key', async () => {
    const pair = makePair(50, { task: 'region', left: { imageId: 100, text: 'first' } })
    boxes.set(50, { left: 0, top: 0, width: 50, height: 50 })
    fake.studio.pairs = [...fake.studio.pairs, pair]
    await open('regions')
    await button('Edit the region first').trigger('click')
    await flushPromises()
    await press('ArrowDown')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(last('make.changeRegion')).toMatchObject({ id: 50, box: { left: 0, top: 4, width: 50, height: 50 }, phrase: 'first', revision: pair.revision })
    await button('Edit the region first').trigger('click')
    await flushPromises()
    await press('Delete')
    expect(last('make.removePairs')).toEqual({ scope: { ids: [50] } })
    await flushPromises()
    await press('j')
    expect(last('make.getPicture')).toEqual({ imageId: 101 })
    await press('k')
    expect(last('make.getPicture')).toEqual({ imageId: 100 })
  })

  it('say where there is no picture, and what went wrong', async () => {
    fake.studio.pairs = [makePair(1, { left: { imageId: null, text: 'a' }, right: { imageId: null, text: 'b' } })]
    await open('regions')
    expect(wrapper.text()).toContain('No picture to mark')
    wrapper.unmount()
    fake.studio.pairs = [makePair(1, { left: { imageId: 7, text: null } })]
    fake.failNext('make.getPicture', new AppError('not-found', 'There is no picture 7 in this project.'))
    await open('regions')
    expect(wrapper.text()).toContain('There is no picture 7')
  })
})

it('questions are asked one after another, with the focus back in the first field', async () => {
  await open('questions')
  await press('n')
  expect(document.activeElement).toBe(field('Question').element)
  await field('Question').setValue('how many?')
  await field('Answer').setValue('three')
  await wrapper.get('form').trigger('submit')
  await flushPromises()
  expect(last('make.addQuestions')).toEqual({ imageId: 100, items: [{ question: 'how many?', answer: 'three' }] })
  expect(field('Question').element.value).toBe('')
  expect(wrapper.text()).toContain('how many?')
})

it('the way back of an edit is suggested, and left alone once it was written', async () => {
  await open('edit')
  await field('Edit').setValue('add a hat')
  expect(field('Way back').element.value).toBe('remove a hat')
  await field('Way back').setValue('take it off')
  await field('Edit').setValue('add a blue hat')
  expect(field('Way back').element.value).toBe('take it off')
})

describe('new pairs', () => {
  const upload = vi.fn()
  beforeEach(() => {
    upload.mockReset()
    vi.stubGlobal('fetch', upload)
  })
  afterEach(() => vi.unstubAllGlobals())
  const answer = (body: object, ok = true) => Promise.resolve({ ok, status: ok ? 200 : 400, json: () => Promise.resolve(body) })

  it('come from dropped files: one row each, captions from texts of the same name, errors beside their file', async () => {
    upload.mockReturnValueOnce(answer({ queryImageId: 'one' })).mockReturnValueOnce(answer({ code: 'unreadable-image', message: '“b.png” cannot be read: it is empty.' }, false))
    await open('new')
    const news = useNewPairsStore()
    await news.addFiles([new File(['x'], 'a.png', { type: 'image/png' }), new File([''], 'b.png', { type: 'image/png' }), new File(['a dog\n'], 'a.txt', { type: 'text/plain' })])
    await flushPromises()
    expect(wrapper.text()).toContain('b.png: “b.png” cannot be read: it is empty.')
    expect(wrapper.text()).toContain('1 row not complete yet')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(last('make.addPairs')).toEqual({ pairs: [{ left: { image: { kind: 'query', queryImageId: 'one' }, text: null }, right: { image: null, text: 'a dog' }, task: 'caption' }] })
    expect(news.drafts.map(({ name }) => name)).toEqual(['b.png'])
  })

  it('come from a text that was pasted anywhere but in a field', async () => {
    await open('splits')
    const paste = new Event('paste', { bubbles: true, cancelable: true })
    Object.assign(paste, { clipboardData: { files: [], getData: () => ' what is a heron? ' } })
    document.body.dispatchEvent(paste)
    await flushPromises()
    expect(useMakeStore().tab).toBe('new')
    expect(field('Left text').element.value).toBe('what is a heron?')
  })

  it('are at most two hundred at once', async () => {
    await open('new')
    const news = useNewPairsStore()
    for (let index = 0; index < 203; index++) news.addText(`text ${index}`)
    await flushPromises()
    expect(news.drafts).toHaveLength(200)
    expect(wrapper.text()).toContain('3 left out: at most 200 at once')
  })
})

it('transformations are previewed for the families that are chosen, and started', async () => {
  await open('transforms')
  await preview('make.previewTransforms')
  await flushPromises()
  expect(wrapper.text()).toContain('crop text')
  await wrapper.findAll('input[type="checkbox"]')[0]!.trigger('change')
  await preview('make.previewTransforms', 2)
  expect(last('make.previewTransforms')).toMatchObject({ options: { families: ['rotate', 'jitter', 'flip', 'grayscale'], plainPercent: 90 } })
  await press('Enter', { ctrlKey: true })
  expect(last('make.startTransforms')).toMatchObject({ scope: { filter: { query: '' } }, options: { families: ['rotate', 'jitter', 'flip', 'grayscale'] } })
})

it('templates show examples, and what is wrong with them beside the field', async () => {
  await open('template')
  expect(wrapper.text()).toContain('Write a template')
  await field('Template').setValue('a photo of {leftText}')
  await preview('make.previewTemplate')
  await flushPromises()
  expect(wrapper.text()).toContain('a photo of a dog')
  expect(wrapper.text()).toMatch(/40 of 40 pairs get a new text/)
  await field('Template').setValue('a {colour}')
  await preview('make.previewTemplate', 2)
  await flushPromises()
  expect(wrapper.text()).toContain('There is no field “colour”')
  expect(field('Template').attributes('aria-invalid')).toBe('true')
  await button('Insert tag: First tag, by name').trigger('click')
  expect(field('Template').element.value).toBe('a {colour}{tag}')
})

it('splits tell the outcome and the leaks, and start by key', async () => {
  await open('splits')
  await preview('make.previewSplits')
  await flushPromises()
  expect(wrapper.get('[aria-label="Leaks now"]').text()).toContain('2 sets with 5 pairs in more than one split')
  expect(wrapper.get('[aria-label="Leaks afterwards"]').text()).toContain('None')
  expect(wrapper.get('tbody').text()).toContain('40 → 28')
  await press('Enter', { ctrlKey: true })
  expect(last('make.startSplits')).toMatchObject({ options: { shares: { train: 80, validation: 10, test: 10 }, keepTogether: true, isStratified: true } })
})

describe('boxes', () => {
  const picture = { width: 100, height: 50 }
  it('stay within the picture whatever the key', () => {
    let box = middleBox(picture)
    for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown']) {
      for (const shiftKey of [false, true]) {
        for (let step = 0; step < 200; step++) box = pressBox(box, { key, shiftKey, altKey: step % 3 === 0 }, picture)!
        expect(fitBox(box, picture)).toEqual(box)
      }
    }
    expect(pressBox(box, { key: 'a', shiftKey: false, altKey: false }, picture)).toBeNull()
  })
  it('lie between two corners in any order, and are never empty', () => {
    expect(boxBetween({ x: 30, y: 40 }, { x: 10, y: 20 }, picture)).toEqual({ left: 10, top: 20, width: 20, height: 20 })
    expect(boxBetween({ x: -5, y: -5 }, { x: 500, y: 500 }, picture)).toEqual({ left: 0, top: 0, width: 100, height: 50 })
    expect(boxBetween({ x: 100, y: 50 }, { x: 100, y: 50 }, picture)).toEqual({ left: 99, top: 49, width: 1, height: 1 })
  })
})

it.each([
  ['add a red hat', 'remove a red hat'], ['remove the dog.', 'add the dog'], ['replace the cat with a dog', 'replace a dog with the cat'],
  ['turn day into night', 'turn night into day'], ['change the sky from blue to red', 'change the sky from red to blue'],
  ['make the picture brighter', 'make the picture darker'], ['paint it', null],
])('the way back of “%s” is %s', (edit, back) => expect(invertEdit(edit)).toBe(back))
