// Byte-pair ids against the reference tokenizer. Values: test/fixtures/golden/text-tokens.json.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodeText } from '../../src/main/engine/compute/text/tokenizer'

const golden = JSON.parse(readFileSync(new URL('../fixtures/golden/text-tokens.json', import.meta.url), 'utf8')) as {
  strings: string[]
  encoded: number[][]
}

describe('CLIP byte-pair ids', () => {
  it.each(golden.strings.map((text, i) => [text, golden.encoded[i]!] as const))('%j', (text, expected) => {
    expect(encodeText(text)).toEqual(expected)
  })
})
