// Long rows of numbers, which come by URL like pictures; see @shared/media.
import { arrayPath } from '@shared/media'
import { AppError, type ErrorJson } from '@shared/errors'

/** @throws AppError as the host answered, or 'internal' when it could not be reached */
export async function fetchNumbers(arrayId: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  const answer = await fetch(arrayPath(arrayId), { signal: signal ?? null })
  if (answer.ok) return answer.arrayBuffer()
  const json = (await answer.json().catch(() => null)) as ErrorJson | null
  throw json ? AppError.fromJson(json) : new AppError('internal', `The numbers of the map did not come (status ${answer.status}).`, 'Try again.')
}
