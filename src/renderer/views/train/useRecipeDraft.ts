// The recipe being written: kept in the browser until it is started or reset, checked by the schema that the engine uses.
import { computed, ref, watch } from 'vue'
import { defaultRecipe, recipeFields, recipeSchema, type Recipe, type RecipeKey } from '@shared/recipe'

const storageKey = 'studio.recipeDraft'

export const recipeKeys = Object.keys(recipeFields) as RecipeKey[]

export const groupTitles: Record<(typeof recipeFields)[RecipeKey]['group'], string> = {
  schedule: 'Schedule', optimizer: 'Optimizer', loss: 'Loss', negatives: 'Hard negatives', bookkeeping: 'Records',
}

/** One message per field that the schema refuses, in words that name the allowed range. */
export function findRecipeErrors(recipe: Recipe): Partial<Record<RecipeKey, string>> {
  const result = recipeSchema.safeParse(recipe)
  if (result.success) return {}
  const errors: Partial<Record<RecipeKey, string>> = {}
  for (const issue of result.error.issues) {
    const key = issue.path[0] as RecipeKey
    errors[key] ??= describeIssue(key, issue)
  }
  return errors
}

function describeIssue(key: RecipeKey, issue: { code: string; expected?: unknown; minimum?: unknown; maximum?: unknown; inclusive?: boolean }): string {
  if (issue.code === 'invalid_type') return issue.expected === 'int' ? 'Needs a whole number.' : 'Needs a number.'
  if (issue.code === 'too_small') return issue.inclusive === false ? `Needs more than ${String(issue.minimum)}.` : `Needs at least ${String(issue.minimum)}.`
  if (issue.code === 'too_big') return `Needs at most ${String(issue.maximum)}.`
  return `${recipeFields[key].label} cannot have this value.`
}

export const isSameRecipe = (first: Recipe, second: Recipe): boolean => recipeKeys.every((key) => first[key] === second[key])

function readDraft(): Recipe {
  try {
    const parsed = recipeSchema.safeParse(JSON.parse(localStorage.getItem(storageKey) ?? 'null'))
    return parsed.success ? parsed.data : { ...defaultRecipe }
  } catch {
    return { ...defaultRecipe }
  }
}

export function useRecipeDraft() {
  const recipe = ref<Recipe>(readDraft())
  const errors = computed(() => findRecipeErrors(recipe.value))
  const isValid = computed(() => Object.keys(errors.value).length === 0)
  watch(recipe, (value) => localStorage.setItem(storageKey, JSON.stringify(value)), { deep: true })
  const replace = (next: Recipe): void => {
    recipe.value = { ...next }
  }
  return { recipe, errors, isValid, replace }
}
