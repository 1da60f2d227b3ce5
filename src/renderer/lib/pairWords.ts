// The names of a pair's parts for people.
import type { Pair, Split, Status, Task } from '@shared/contract/entities'

export const statusLabels: Record<Status, string> = { unreviewed: 'Unreviewed', accepted: 'Accepted', rejected: 'Rejected' }
export const splitLabels: Record<Split, string> = { train: 'Train', validation: 'Validation', test: 'Test' }
export const taskLabels: Record<Task, string> = {
  caption: 'Caption', vqa: 'Question', edit: 'Edit', transform: 'Transform', region: 'Region', compose: 'Compose',
}

export const statusTones = { unreviewed: 'plain', accepted: 'good', rejected: 'bad' } as const

/** The words that stand for a pair in a list: its left text, else its right text. */
export const titleOf = (pair: Pair): string => pair.left.text ?? pair.right.text ?? `Pair ${pair.id}`

/** The pictures of a pair in reading order, none to two. */
export const imageIdsOf = (pair: Pair): number[] => [pair.left.imageId, pair.right.imageId].filter((imageId) => imageId !== null)

/** The side whose text a person edits first: the left one, where the caption is in every import. */
export const captionSideOf = (pair: Pair): 'left' | 'right' => (pair.left.text === null && pair.right.text !== null ? 'right' : 'left')
