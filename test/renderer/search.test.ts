// The Search view over a fake engine: queries of all three kinds, ranking side by side, keys, and kept hits.
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SearchColumn } from '@shared/contract/search'
import { AppError } from '@shared/errors'
import { maxUploadBytes, queryImageUploadPath } from '@shared/media'
import { describeColumns, rankHits } from '@renderer/views/search/compareColumns'
import { loadExamples } from '@renderer/views/search/exampleQueries'
import { findPicture, uploadPicture } from '@renderer/lib/queryImages'
import { useSearchStore } from '@renderer/stores/search'
import SearchView from '@renderer/views/search/SearchView.vue'
import { createFakeApi, type FakeApi } from './helpers/fakeApi'
import { makeModel, makePair } from './helpers/fakeData'
import { mountView, press } from './helpers/mountView'

let fake: FakeApi
let wrapper: VueWrapper

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn++) await flushPromises()
}
const show = async (): Promise<void> => {
  wrapper = (await mountView(SearchView, fake)).wrapper
  await settle()
}
const textbox = () => wrapper.get<HTMLInputElement>('[role="textbox"][aria-label="Search text"]')
const hits = (modelName: string) => wrapper.get(`[role="list"][aria-label="Hits of ${modelName}"]`).findAll('[role="listitem"]')
const queries = () => fake.calls.filter((call) => call.name === 'search.query').map((call) => call.input as Record<string, unknown>)
const saved = () => fake.calls.filter((call) => call.name === 'search.saveHit').map((call) => call.input)
const ask = async (text: string): Promise<void> => {
  await textbox().setValue(text)
  await wrapper.get('form').trigger('submit')
  await settle()
}
const column = (modelId: string, ids: number[]): SearchColumn => ({
  modelId, candidateCount: 100, elapsedMs: 20, hits: ids.map((id, index) => ({ pair: makePair(id), side: 'right' as const, score: 0.8 - index * 0.1 })),
})

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  fake = createFakeApi({ pairs: Array.from({ length: 20 }, (_, index) => makePair(index + 1)) })
})
afterEach(() => {
  wrapper?.unmount()
  vi.unstubAllGlobals()
})

describe('a search without hits', () => {
  const button = (name: string) => wrapper.findAll('button').find((each) => each.text() === name)
  const answer = (candidateCount: number): void => fake.answer('search.query', () => ({ columns: [{ modelId: 'bundled:nano', hits: [], candidateCount, elapsedMs: 3 }] }))

  it('leads to the import when the project has no pairs', async () => {
    fake.studio.pairs = []
    answer(0)
    await show()
    await ask('a star')
    expect(wrapper.text()).toContain('Nothing to search in yet')
    expect(button('Import pairs')).toBeDefined()
  })

  it('names the place that is empty, and looks elsewhere on a click', async () => {
    answer(0)
    await show()
    useSearchStore().draft.split = 'validation'
    await ask('a star')
    expect(wrapper.text()).toContain('No pictures that stand alone in the validation split')
    await button('Search all splits')!.trigger('click')
    await settle()
    expect(queries().at(-1)).toMatchObject({ split: null, text: 'a star' })
    await button('Look for any side')!.trigger('click')
    await settle()
    expect(queries().at(-1)).toMatchObject({ target: 'any' })
  })

  it('says when nothing but the query itself was found', async () => {
    answer(1)
    await show()
    await ask('a star')
    expect(wrapper.text()).toContain('The only match is the query itself.')
  })

  it('says that pictures have no tokens yet, and makes them', async () => {
    const project = await fake.api.project.get({})
    fake.answer('project.get', () => ({ ...project, imageCount: 20, tokenizedImageCount: 8 }))
    await show()
    expect(wrapper.text()).toContain('12 pictures without tokens.')
    await button('Tokenize')!.trigger('click')
    await settle()
    expect(fake.calls.some((call) => call.name === 'tokens.start')).toBe(true)
    expect(wrapper.text()).toContain('They are being tokenized now.')
    fake.answer('search.query', () => new Promise(() => undefined))
    await ask('a star')
    expect(wrapper.text()).toContain('12 pictures without tokens are tokenized first')
  })
})

describe('a query', () => {
  it('by text shows ranked hits, says so aloud, and is remembered', async () => {
    await show()
    await ask('  a crimson disc ')
    expect(queries()).toEqual([{ text: 'a crimson disc', image: null, target: 'images', split: null, modelIds: ['bundled:nano'], limit: 24 }])
    expect(hits('FuseLIP nano')).toHaveLength(12)
    expect(hits('FuseLIP nano')[0]!.attributes('aria-label')).toContain('Rank 1, score 0.900')
    expect(wrapper.findAll('[aria-live="polite"]').map((element) => element.text())).toContain('12 of 20 in 12 ms under FuseLIP nano')
    expect(JSON.parse(localStorage.getItem('studio.recentQueries')!)).toEqual([{ text: 'a crimson disc', imageId: null }])
  })

  it('without text and picture cannot be asked', async () => {
    await show()
    await ask('   ')
    expect(queries()).toEqual([])
  })

  it('by the picture of a hit keeps the words', async () => {
    await show()
    await ask('a crimson disc')
    await textbox().trigger('keydown', { key: 'ArrowDown' })
    await settle()
    await press('i')
    await settle()
    expect(queries().at(-1)).toMatchObject({ text: 'a crimson disc', image: { kind: 'project', imageId: 1 } })
    expect(wrapper.find('img[alt="Query picture"]').attributes('src')).toBe('/media/images/1/thumbnail')
  })

  it('by a dropped picture uploads it first', async () => {
    const post = vi.fn(async () => new Response(JSON.stringify({ queryImageId: 'q1' }), { status: 200 }))
    vi.stubGlobal('fetch', post)
    await show()
    const file = new File(['bytes'], 'disc.png', { type: 'image/png' })
    const drop = new Event('drop', { bubbles: true, cancelable: true })
    Object.defineProperty(drop, 'dataTransfer', { value: { files: [file] } })
    wrapper.get('form').element.dispatchEvent(drop)
    await settle()
    expect(post).toHaveBeenCalledWith(queryImageUploadPath, expect.objectContaining({ method: 'POST', body: file }))
    expect(queries()).toMatchObject([{ text: '', image: { kind: 'query', queryImageId: 'q1' } }])
  })

  it('by a typed path', async () => {
    fake.answer('search.useImagePath', () => ({ queryImageId: 'q2' }))
    await show()
    await wrapper.get('[aria-label="Picture by path"]').trigger('click')
    const field = wrapper.get('[aria-label="Picture path"]')
    await field.setValue('/pictures/disc.png')
    await field.trigger('keydown', { key: 'Enter' })
    await settle()
    expect(fake.calls.find((call) => call.name === 'search.useImagePath')?.input).toEqual({ path: '/pictures/disc.png' })
    expect(queries()).toMatchObject([{ image: { kind: 'query', queryImageId: 'q2' } }])
  })

  it('is asked again when the target changes', async () => {
    await show()
    await ask('a disc')
    await wrapper.findAll('[role="radio"]').find((radio) => radio.text() === 'Texts')!.trigger('click')
    await settle()
    expect(queries().map((query) => query.target)).toEqual(['images', 'texts'])
  })

  it('that fails shows why, and can be tried again', async () => {
    await show()
    fake.failNext('search.query', new AppError('bad-model', 'The model file is damaged.', 'Choose another model.'))
    await ask('a disc')
    expect(wrapper.get('[role="alert"]').text()).toContain('The model file is damaged.')
    await wrapper.get('[role="alert"] button').trigger('click')
    await settle()
    expect(hits('FuseLIP nano')).toHaveLength(12)
  })

  it('comes back after a reload', async () => {
    await show()
    await ask('a crimson disc')
    wrapper.unmount()
    await show()
    expect(textbox().element.value).toBe('a crimson disc')
    expect(hits('FuseLIP nano')).toHaveLength(12)
  })
})

describe('hits', () => {
  it('are walked by arrows and kept by keys, except while typing', async () => {
    await show()
    await ask('a disc')
    textbox().element.focus()
    await press('p')
    expect(saved()).toEqual([])
    await textbox().trigger('keydown', { key: 'ArrowDown' })
    await settle()
    expect(document.activeElement?.getAttribute('aria-label')).toContain('Rank 1')
    await press('ArrowRight')
    await press('p')
    await press('End')
    await press('n')
    await settle()
    expect(saved()).toEqual([
      { text: 'a disc', image: null, hitPairId: 2, hitSide: 'right', verdict: 'positive' },
      { text: 'a disc', image: null, hitPairId: 12, hitSide: 'right', verdict: 'negative' },
    ])
    expect(hits('FuseLIP nano')[1]!.attributes('aria-label')).toContain('saved as positive')
  })

  it('are kept by their buttons; a refusal is shown and nothing is marked', async () => {
    await show()
    await ask('a disc')
    fake.failNext('search.saveHit', new AppError('bad-input', 'The query came from no pair.', 'Use the picture of a pair as the query.'))
    await hits('FuseLIP nano')[0]!.get('[aria-label="Save as negative"]').trigger('click')
    await settle()
    expect(hits('FuseLIP nano')[0]!.attributes('aria-label')).not.toContain('saved')
    await hits('FuseLIP nano')[0]!.get('[aria-label="Save as positive"]').trigger('click')
    await settle()
    expect(hits('FuseLIP nano')[0]!.attributes('aria-label')).toContain('saved as positive')
  })

  it('grow old when pairs change elsewhere, not when one was kept here', async () => {
    await show()
    await ask('a disc')
    fake.answer('search.saveHit', ({ hitPairId }: { hitPairId: number }) => {
      fake.emit({ topic: 'pairs' })
      return { pair: makePair(hitPairId) }
    })
    await hits('FuseLIP nano')[0]!.get('[aria-label="Save as positive"]').trigger('click')
    await settle()
    expect(wrapper.text()).not.toContain('Pairs changed after this search')
    fake.emit({ topic: 'pairs' })
    await settle()
    expect(wrapper.text()).toContain('Pairs changed after this search')
  })
})

describe('two models', () => {
  it('stand side by side, and what moved is marked', async () => {
    fake.answer('models.list', () => [makeModel(), makeModel({ id: 'run:1:best', name: 'Tuned', kind: 'tuned' })])
    fake.answer('search.query', ({ modelIds }: { modelIds: string[] }) => ({ columns: modelIds.map((modelId, index) => column(modelId, index === 0 ? [1, 2, 3] : [3, 2, 9])) }))
    const { useSearchStore } = await import('@renderer/stores/search')
    const mounted = await mountView(SearchView, fake)
    wrapper = mounted.wrapper
    await settle()
    useSearchStore(mounted.pinia).secondModelId = 'run:1:best'
    await ask('a disc')
    expect(queries()[0]!.modelIds).toEqual(['bundled:nano', 'run:1:best'])
    expect(hits('Tuned').map((hit) => hit.attributes('aria-label'))).toEqual([
      expect.stringContaining('up from rank 3'), expect.stringContaining('same rank'), expect.stringContaining('not among the hits of the first model'),
    ])
    await textbox().trigger('keydown', { key: 'ArrowDown' })
    await settle()
    await press('End')
    await press('ArrowRight')
    expect(document.activeElement?.closest('[role="list"]')?.getAttribute('aria-label')).toBe('Hits of Tuned')
    expect(document.activeElement?.getAttribute('aria-label')).toContain('Rank 1')
  })

  it('are compared by pair and side', () => {
    const ranked = rankHits(column('b', [3, 2, 9]), column('a', [1, 2, 3]))
    expect(ranked.map((hit) => [hit.rank, hit.otherRank, hit.gain])).toEqual([[1, 3, 2], [2, 2, 0], [3, null, null]])
    expect(ranked[0]!.share).toBe(1)
    const otherSide = column('a', [3])
    otherSide.hits[0]!.side = 'left'
    expect(rankHits(column('b', [3]), otherSide)[0]!.gain).toBeNull()
  })

  it('survive an empty column and scores below zero', () => {
    expect(rankHits(column('a', []), null)).toEqual([])
    const negative = column('a', [1])
    negative.hits[0]!.score = -0.4
    expect(rankHits(negative, null)[0]!.share).toBe(0)
    expect(describeColumns([column('a', [1])], () => 'A')).toBe('1 of 100 in 20 ms under A')
  })
})

describe('pictures for a query', () => {
  it('are found among what was dropped', () => {
    const text = new File(['a'], 'a.txt', { type: 'text/plain' })
    const picture = new File(['b'], 'b.png', { type: 'image/png' })
    expect(findPicture({ files: [text, picture] as unknown as FileList })).toBe(picture)
    expect(findPicture({ files: [text] as unknown as FileList })).toBeNull()
    expect(findPicture(null)).toBeNull()
  })
  it('are refused before the upload when they are too large', async () => {
    await expect(uploadPicture({ size: maxUploadBytes + 1, type: 'image/png' } as Blob)).rejects.toThrow(/at most 64 MB/)
  })
  it('that the engine refuses give its reason', async () => {
    vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ code: 'unreadable-image', message: 'That is not a picture.', advice: 'Use a PNG.' }), { status: 415 }))
    await expect(uploadPicture(new Blob(['x']))).rejects.toMatchObject({ code: 'unreadable-image', advice: 'Use a PNG.' })
    vi.stubGlobal('fetch', async () => new Response('gone', { status: 502 }))
    await expect(uploadPicture(new Blob(['x']))).rejects.toThrow(/status 502/)
  })
})

describe('examples', () => {
  it('use the words of the sample project, and a picture with words', async () => {
    const examples = await loadExamples(fake.api, true)
    expect(examples[0]).toEqual({ text: 'a crimson disc', imageId: null })
    expect(examples.at(-1)).toEqual({ text: 'the same scene with the star removed', imageId: 7 })
  })
  it('come from the pairs of any other project', async () => {
    const examples = await loadExamples(fake.api, false)
    expect(examples[0]!.text).toBe(makePair(1).left.text)
  })
})
