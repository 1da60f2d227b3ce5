// Pictures on their way into a query: from a drop, the clipboard or a file, uploaded as raw bytes; or named by a path.
import { AppError, type ErrorJson } from '@shared/errors'
import { imagePath, maxUploadBytes, queryImagePath, queryImageUploadPath } from '@shared/media'
import type { QueryImage } from '@shared/contract/search'

export const previewPath = (image: QueryImage): string =>
  image.kind === 'project' ? imagePath(image.imageId, 'thumbnail') : queryImagePath(image.queryImageId)

/** The first picture among dropped or pasted things; null when there is none. */
export function findPicture(transfer: Pick<DataTransfer, 'files'> | null): File | null {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith('image/')) ?? null
}

/** @throws AppError 'bad-input' for a file that is too large, 'unreadable-image' and others as the engine says */
export async function uploadPicture(file: Blob): Promise<QueryImage> {
  if (file.size > maxUploadBytes) {
    throw new AppError('bad-input', `The picture has ${Math.ceil(file.size / 2 ** 20)} MB; at most ${maxUploadBytes / 2 ** 20} MB are taken.`, 'Make it smaller, or name it by its path.')
  }
  const response = await fetch(queryImageUploadPath, { method: 'POST', body: file, headers: { 'content-type': file.type || 'application/octet-stream' } })
  const answer = (await response.json().catch(() => null)) as { queryImageId: string } | ErrorJson | null
  if (response.ok && answer && 'queryImageId' in answer) return { kind: 'query', queryImageId: answer.queryImageId }
  if (answer && 'message' in answer) throw AppError.fromJson(answer)
  throw new AppError('internal', `The picture was not taken (status ${response.status}).`, 'Try again, or use another picture.')
}
