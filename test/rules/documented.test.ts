// Everything that people and scripts can name is explained where they look for it.
import { describe, expect, it } from 'vitest'
import { contract } from '../../src/shared/contract'
import type { ProcedureMeta } from '../../src/shared/contract/procedure'
import { recipeFields, recipeSchema } from '../../src/shared/recipe'

interface Definition { meta: ProcedureMeta; inputSchema?: unknown; outputSchema?: unknown }

/** Every procedure with its name, `group.verbNoun`. */
function procedures(): [string, Definition][] {
  return Object.entries(contract).flatMap(([group, members]) =>
    Object.entries(members).map(([name, procedure]): [string, Definition] => [`${group}.${name}`, (procedure as unknown as { '~orpc': Definition })['~orpc']]))
}

describe('the contract', () => {
  it('has procedures to check', () => {
    expect(procedures().length).toBeGreaterThan(40)
  })

  it.each(procedures())('%s has a doc line and both schemas', (_name, { meta, inputSchema, outputSchema }) => {
    expect(meta.doc).toMatch(/^[A-Z].{10,}\.$/)
    expect(inputSchema).toBeDefined()
    expect(outputSchema).toBeDefined()
  })

  it('says something of its own about each procedure', () => {
    const docs = procedures().map(([, { meta }]) => meta.doc)
    expect(new Set(docs).size).toBe(docs.length)
  })
})

describe('the recipe', () => {
  it.each(Object.keys(recipeSchema.shape))('explains %s', (key) => {
    const field = recipeFields[key as keyof typeof recipeFields]
    expect(field?.label).toMatch(/^[A-Z]/)
    expect(field?.help).toMatch(/^[A-Z].{20,}\.$/)
  })

  it('explains nothing that does not exist', () => {
    expect(Object.keys(recipeFields).sort()).toEqual(Object.keys(recipeSchema.shape).sort())
  })

  it('refuses keys that it does not know', () => {
    expect(recipeSchema.safeParse({ learningrate: 1 }).success).toBe(false)
  })

  it('has defaults inside its own bounds', () => {
    const defaults = recipeSchema.parse({})
    for (const [key, { minimum, maximum }] of Object.entries(recipeFields)) {
      const value = defaults[key as keyof typeof defaults]
      if (typeof value !== 'number') continue
      expect(value, key).toBeGreaterThanOrEqual(minimum ?? -Infinity)
      expect(value, key).toBeLessThanOrEqual(maximum ?? Infinity)
    }
  })
})
