// Where pictures, and the numbers of maps, are fetched and uploaded. The same paths serve both hosts: `studio://app/media/…` under Electron,
// `http://127.0.0.1:PORT/media/…` under the browser host.
export const mediaSizes = ['thumbnail', 'full'] as const
export type MediaSize = (typeof mediaSizes)[number]

export const imagePath = (imageId: number, size: MediaSize): string => `/media/images/${imageId}/${size}`
/** A picture given to Search that is not part of the project; lives until the engine ends. */
export const queryImagePath = (queryImageId: string): string => `/media/query-images/${queryImageId}`
/** A picture that was computed: a reconstruction, a difference. Named by its content; may be gone after many others. */
export const drawingPath = (drawingId: string): string => `/media/drawings/${drawingId}`
/** Numbers of a map, little endian, without a header: what they are is told by the procedure that named them. May be gone after many others. */
export const arrayPath = (arrayId: string): string => `/media/arrays/${arrayId}`
/** POST the raw bytes here; answers `{ queryImageId }` as JSON, or an ErrorJson with status 4xx. */
export const queryImageUploadPath = '/media/query-images'
export const maxUploadBytes = 64 * 1024 * 1024
