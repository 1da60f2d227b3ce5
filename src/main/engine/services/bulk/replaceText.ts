// Find and replace in many texts, with a person's own pattern. A pattern can take for ever on a text that nearly matches it
// (“catastrophic backtracking”), and no check of the pattern finds all such, so the search itself is stopped: V8 ends a script
// at its time limit even inside a regular expression.
import { createContext, Script } from 'node:vm'
import { AppError } from '../../../../shared/errors'

export interface Replacement {
  find: string
  isRegex: boolean
  matchesCase: boolean
  /** With `isRegex`, `$1` or `$<name>` stand for what a group found. */
  replacement: string
}

/** [N] the texts as they become; the same string where nothing matches. @throws AppError 'bad-input' when it takes too long */
export type ReplaceAll = (texts: readonly string[]) => string[]

/** For one call, which carries some hundred texts: a sound pattern needs a thousandth of it. */
const patienceMs = 200
const longestResult = 10_000

const script = new Script('input.texts.map(text => text.replace(input.pattern, input.replacement))')

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

function compile({ find, isRegex, matchesCase }: Replacement): RegExp {
  const flags = `gu${matchesCase ? '' : 'i'}`
  try {
    return new RegExp(isRegex ? find : escaped(find), flags)
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.replace(/^Invalid regular expression: /, '') : ''
    throw new AppError('bad-input', `The pattern is not a regular expression: ${reason}`, 'Correct it, or switch regular expressions off to search for the characters themselves.', { cause: thrown })
  }
}

/** @throws AppError 'bad-input' when the pattern cannot be read */
export function createReplacer(replacement: Replacement): ReplaceAll {
  const pattern = compile(replacement)
  // A dollar sign is only a dollar sign where no pattern is.
  const becomes = replacement.isRegex ? replacement.replacement : () => replacement.replacement
  return (texts) => {
    const context = createContext({ input: { texts, pattern, replacement: becomes } })
    let results: string[]
    try {
      results = [...(script.runInContext(context, { timeout: patienceMs }) as string[])]
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw thrown
      throw new AppError('bad-input', `The pattern takes too long on some texts (more than ${patienceMs} ms for ${texts.length}); nothing was changed.`,
        'Avoid repeated groups that can match the same characters in many ways, such as (a+)+.', { cause: thrown })
    }
    const tooLong = results.find((result) => result.length > longestResult)
    if (tooLong !== undefined) {
      throw new AppError('bad-input', `A text would become ${tooLong.length} characters long; at most ${longestResult} are kept. Nothing was changed.`, 'Make the replacement shorter, or the pattern match less often.')
    }
    return results
  }
}
