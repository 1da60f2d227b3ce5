// Values of options, read and checked.
import { InvalidArgumentError } from 'commander'

/** For options that may be repeated. */
export const collect = (value: string, before: string[]): string[] => [...before, value]

export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < minimum || value > maximum) throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`)
    return value
  }
}

export function decimal(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')
  return value
}
