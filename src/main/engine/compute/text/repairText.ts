// What the reference's text cleaning does to a text before it unescapes HTML: misread UTF-8 decoded, typographic variants
// made plain, control characters gone. Models from published checkpoints ask for it (`repairsText`), because they were
// trained on texts that had gone through ftfy (Speer 2019); models made here do not.
import { decodeHTML } from 'entities'
import { fixMojibake, windows1252Sign } from './mojibake'

const ligatures: Record<string, string> = {
  '\u0132': 'IJ', '\u0133': 'ij', '\u0149': '\u02bcn', '\u01f1': 'DZ', '\u01f2': 'Dz', '\u01f3': 'dz', '\u01c4': 'DŽ', '\u01c5': 'Dž',
  '\u01c6': 'dž', '\u01c7': 'LJ', '\u01c8': 'Lj', '\u01c9': 'lj', '\u01ca': 'NJ', '\u01cb': 'Nj', '\u01cc': 'nj',
  '\ufb00': 'ff', '\ufb01': 'fi', '\ufb02': 'fl', '\ufb03': 'ffi', '\ufb04': 'ffl', '\ufb05': 'ſt', '\ufb06': 'st',
}
const ligature = /[\u0132\u0133\u0149\u01f1-\u01f3\u01c4-\u01cc\ufb00-\ufb06]/gu
const singleQuotes = /[\u02bc\u2018-\u201b]/gu
const doubleQuotes = /[\u201c-\u201f]/gu
/** Half-width and full-width forms of ordinary characters, and the ideographic space. */
const widthVariants = /[\uff01-\uffef\u3000]/gu
const terminalEscapes = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*[a-zA-Z]`, 'gu')
const lineBreaks = /\r\n|[\r\u2028\u2029\u0085]/gu
/** Invisible characters that only old software gave a meaning. */
const controls = /[\u206a-\u206f\ufeff\ufff9-\ufffc]|(?![\t\n\f\u0080-\u009f])\p{Cc}/gu
const c1Controls = /[\u0080-\u009f]/gu

/** @param text as a person or a file gave it; lone surrogates become U+FFFD */
export function repairText(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd')
  // As the reference: entities are left alone where the text has a “<”, because it may be HTML on purpose.
  const unescaped = wellFormed.includes('<') ? wellFormed : decodeHTML(wellFormed)
  return fixMojibake(unescaped.replace(terminalEscapes, ''))
    .replace(c1Controls, (control) => windows1252Sign(control.charCodeAt(0)))
    .replace(ligature, (character) => ligatures[character]!)
    .replace(widthVariants, (character) => character.normalize('NFKC'))
    .replace(singleQuotes, "'")
    .replace(doubleQuotes, '"')
    .replace(lineBreaks, '\n')
    .replace(controls, '')
    .normalize('NFC')
}
