// Rules for texts: what they must find, and what they must leave alone.
import { describe, expect, it } from 'vitest'
import { loadDetector, mainLanguage, otherLanguage } from '../../../src/main/engine/compute/quality/languages'
import { judgeText, normaliseText, trimText } from '../../../src/main/engine/compute/quality/textFindings'
import { encodeText } from '../../../src/main/engine/compute/text/tokenizer'

const rules = { contextLength: 180, imageTokenCount: 0, isDescription: true }
const kinds = (text: string, own: Partial<typeof rules> = {}): string[] => judgeText(text, { ...rules, ...own }).map(({ kind }) => kind)

describe('file names', () => {
  it.each(['IMG_1234.jpg', 'IMG_1234', 'dsc00012', 'DSC_0042.JPG', 'P1010034', 'PXL_20210101_120000', 'image-1', 'Screenshot 2020-01-02 at 10.11.12', 'https://example.org/a.png',
    'see www.example.org/x', 'e3b0c44298fc1c149afbf4c8996fb924', '123e4567-e89b-12d3-a456-426614174000', 'a1B2c3D4e5F6g7', 'beach-sunset.jpeg', 'photo', 'untitled 3', 'WhatsApp Image 2020-01-02'])('are seen in “%s”', (text) => {
    expect(kinds(text)).toContain('file-name')
  })

  it.each(['a photo of two dogs', 'image of the moon above 3 trees', 'a red circle', 'p', 'screen printing in Berlin', 'room 101', 'F16 jet above the clouds', 'a jpg of a dog and a cat saved in photo.png by mistake',
    'two 1960s cars', 'mp3 player', 'scandinavian design', 'ein Foto', '7up bottle'])('are not seen in “%s”', (text) => {
    expect(kinds(text)).not.toContain('file-name')
  })
})

describe('words', () => {
  it.each(['12345', '...', '!!!', '3', '—', '1 2 3', 'x', '😀'])('are missing in “%s”', (text) => expect(kinds(text)).toEqual(['no-words']))
  it.each(['two', '犬', 'ça', 'й день', 'B-52 bomber', 'a 3D cat'])('are there in “%s”', (text) => expect(kinds(text)).toEqual([]))
  it('are not asked of an answer', () => expect(kinds('3', { isDescription: false })).toEqual([]))
})

describe('boilerplate', () => {
  it.each(['Happy couple on beach - stock photo', 'Click here for more', '© 2019 J. Doe', 'Royalty-Free vector'])('is seen in “%s”', (text) => expect(kinds(text)).toContain('boilerplate'))
  it.each(['a cowboy in a stockade', 'he subscribes to nothing', 'high mountains', 'a clipart'])('is not seen in “%s”', (text) => expect(kinds(text)).toEqual([]))
})

describe('the context', () => {
  const long = Array.from({ length: 120 }, (_, index) => `word${index}`).join(' ')

  it('is counted with the tokenizer, the picture of the side included', () => {
    const room = encodeText(long).length + 2
    expect(kinds(long, { contextLength: room })).toEqual([])
    expect(judgeText(long, { ...rules, contextLength: room - 1 })).toEqual([{ kind: 'long-text', detail: `${room} ids of ${room - 1}`, value: 1 }])
    expect(judgeText(long, { ...rules, contextLength: room, imageTokenCount: 6 })[0]).toMatchObject({ kind: 'long-text', value: 6 })
  })

  it('is kept by trimming to whole words', () => {
    const trimmed = trimText(long, 50)
    expect(long.startsWith(`${trimmed} `)).toBe(true)
    expect(encodeText(trimmed).length).toBeLessThanOrEqual(50)
    expect(encodeText(long.slice(0, long.indexOf(' ', trimmed.length + 1))).length).toBeGreaterThan(50)
    expect(trimText('short', 50)).toBe('short')
  })
})

it('texts are equal whatever their case, spaces and stops', () => {
  expect(normaliseText('  A Red   circle. ')).toBe(normaliseText('a red circle'))
  expect(normaliseText('ﬁne “art”')).toBe('fine art')
  expect(normaliseText('a red circle')).not.toBe(normaliseText('a red square'))
})

describe('languages', () => {
  const english = ['a red circle above a blue square', 'two dogs playing in the snow', 'man riding a horse on the beach', 'a plate of food on a table', 'sunset over lake', 'kitchen interior with marble counter',
    'a group of people standing around a kitchen', 'a tiny ivory disc over a tiny azure disc', 'an old car parked in front of a house', 'children at the playground on a sunny day', 'a study of a small green disc',
    'the cat is sleeping on the sofa', 'a bowl of fresh fruit', 'red', 'skyline of a city at night']

  it('are told from the main one, and never by a short or doubtful text', async () => {
    const eld = await loadDetector()
    expect(mainLanguage(eld, english)).toBe('en')
    expect(mainLanguage(eld, english.slice(0, 5))).toBeNull()
    const foreign = { de: 'zwei Hunde spielen im Schnee', fr: 'deux chiens jouent dans la neige', es: 'una puesta de sol en el lago', ru: 'две собаки играют в снегу', zh: '两只狗在雪地里玩耍' }
    for (const [language, text] of Object.entries(foreign)) expect(otherLanguage(eld, text, 'en')?.language, text).toBe(language)
    for (const text of [...english, 'rot', 'Hund', 'sushi bar']) expect(otherLanguage(eld, text, 'en'), text).toBeNull()
  })
})
