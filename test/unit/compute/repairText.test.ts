import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fixMojibake } from '../../../src/main/engine/compute/text/mojibake'
import { repairText } from '../../../src/main/engine/compute/text/repairText'
import { encodeText } from '../../../src/main/engine/compute/text/tokenizer'

const sentences = [
  'café au lait', 'naïve façade', 'Müller & Söhne', 'El niño comió piñas', 'Ação e reação', 'Smörgåsbord på ön', 'Žluťoučký kůň', 'Ελλάδα και Κύπρος',
  'Красная площадь', 'אבג שלום', 'مرحبا بالعالم', '日本語のテキスト', '中文字幕', '한국어 문장', 'emoji 😀👍🏽❤️', 'price €5 – £3 • ©2020 ™', '½ cup ≥ 3 °C', 'São Paulo', 'Þingvellir', 'l’été — “déjà vu”…',
]
const utf8 = new TextEncoder()
/** Reads a text's UTF-8 bytes as if they were of another character set. */
const misread = (text: string, name: string): string => Array.from(utf8.encode(text), (byte) => {
  // Node 20 takes windows-1252 for Latin-1, so its signs are taken from a set that has the same ones there.
  return name === 'windows-1252' && byte >= 0x80 && byte <= 0x9f
    ? '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'[byte - 0x80]!
    : new TextDecoder(name === 'windows-1252' ? 'latin1' : name).decode(Uint8Array.of(byte))
}).join('')

describe('fixMojibake', () => {
  describe.each(['latin1', 'windows-1252'])('undoes a reading as %s', (name) => {
    it.each(sentences)('of %s', (text) => {
      expect(fixMojibake(misread(text, name))).toBe(text)
      const twice = misread(misread(text, name), name)
      // Some sequences that were misread twice look like ordinary signs; those may stay, the rest must come back.
      if (text !== '日本語のテキスト') expect(fixMojibake(twice)).toBe(text)
    })
  })

  it.each(['windows-1251', 'windows-1250', 'macintosh'])('undoes a reading as %s of most sentences, and spoils none', (name) => {
    const repaired = sentences.map((text) => fixMojibake(misread(text, name)) === text)
    expect(repaired.filter(Boolean).length).toBeGreaterThanOrEqual(17)
    for (const text of sentences) expect(fixMojibake(text)).toBe(text)
  })

  it.each([
    ['The Mona Lisa doesnâ€™t have eyebrows.', 'The Mona Lisa doesn’t have eyebrows.'],
    ['âœ” No problems', '✔ No problems'],
    ['Ã¢â‚¬â„¢s', '’s'],
    ['ÃƒÂ©', 'é'],
    ['ðŸ˜€ party', '😀 party'],
    ['voilÃ  le travail', 'voilà le travail'],
    ['Ã  la carte, dÃ©jÃ  vu', 'à la carte, déjà vu'],
    ['Ã\u00a0 la carte', 'à la carte'],
    ['Â©2020 and 100Â %', '©2020 and 100Â %'],
    ['Â£5 and 5Â°C', '£5 and 5°C'],
    ['schön and schÃ¶n', 'schön and schön'],
    ['РџСЂРёРІРµС‚', 'Привет'],
    ['Ð¿Ñ€Ð¸Ð²ÐµÑ‚', 'привет'],
    ['don‚Äôt eat caf√©', 'don’t eat café'],
  ])('%s becomes %s', (broken, text) => {
    expect(fixMojibake(broken)).toBe(text)
  })

  it.each([
    'MARQUÉ…', 'NESTLÉ®', '“Ä” is a letter', 'VOILÀ…', 'RÉSUMÉ™ 2', 'CAFÉ »', 'Ñ', '«Привет», — сказал ё', 'Её ёж', 'O’Neill’s ‘quoted’', 'PIÑATA® sale', 'ESPAÑA»', 'β-carotene',
    'Ünïcödé', 'Noël “Été”', 'ÅÄÖ', 'À l’“École”', 'Ð and Þ', '√2 ≈ 1.41', 'SÃO PAULO', 'MAÇÃ e', '3 × 4', 'L‘É’', 'Łódź', 'Ğ…', 'plain text', '',
  ])('leaves %s alone', (text) => {
    expect(fixMojibake(text)).toBe(text)
  })

  it('ends on text made to be misread again and again, and on long text', () => {
    let text = 'é'
    for (let i = 0; i < 8; i++) text = misread(text, 'latin1')
    expect(fixMojibake(text).length).toBeLessThan(text.length)
    const startMs = performance.now()
    expect(fixMojibake('dÃ©jÃ  '.repeat(20_000))).toContain('déjà')
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })
})

describe('repairText', () => {
  it.each([
    ['“curly” ‘quotes’ ＦＵＬＬ　ｗｉｄｔｈ', '"curly" \'quotes\' FULL width'],
    ['ﬁsh ﬂy oﬃce', 'fish fly office'],
    ['a\r\nb\u2028c', 'a\nb\nc'],
    ['\u001b[36mBlue\u001b[0m', 'Blue'],
    ['&lt;b&gt; &amp; x', '<b> & x'],
    ['<b> &amp;', '<b> &amp;'],
    ['e\u0301', 'é'],
    ['\ufeffbom\u0000', 'bom'],
    ['it\u0092s \u0093hi\u0094', 'it\'s "hi"'],
    ['\ud800x', '\ufffdx'],
  ])('%j becomes %j', (text, expected) => {
    expect(repairText(text)).toBe(expected)
  })
})

describe('encodeText', () => {
  it('repairs only where it is asked to', () => {
    expect(encodeText('cafÃ©', { repairsText: true })).toEqual(encodeText('café'))
    expect(encodeText('cafÃ©')).not.toEqual(encodeText('café'))
    expect(encodeText('don’t', { repairsText: true })).toEqual(encodeText("don't"))
  })

  it('gives the reference’s ids for every golden text that the repair leaves alone', () => {
    const golden = JSON.parse(readFileSync(new URL('../../fixtures/golden/text-tokens.json', import.meta.url), 'utf8')) as { strings: string[]; encoded: number[][] }
    const same = golden.strings.filter((text, i) => JSON.stringify(encodeText(text, { repairsText: true })) === JSON.stringify(golden.encoded[i]))
    expect(same.length).toBeGreaterThanOrEqual(golden.strings.length - 2)
  })
})
