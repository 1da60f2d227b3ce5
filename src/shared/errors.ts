// One error type for everything a person may see: what was expected, what came, what to do, and a stable code.
// It crosses threads, processes and the network as plain data (`toJson`, `fromJson`).

export const errorCodes = [
  'bad-input',
  'not-found',
  'conflict',
  'cancelled',
  'unreadable-file',
  'unreadable-image',
  'unknown-column',
  'newer-project',
  'project-locked',
  'disk-full',
  'bad-model',
  'bad-checkpoint',
  'device-failed',
  'out-of-memory',
  'unauthorised',
  'no-network',
  'bad-download',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface ErrorJson {
  code: ErrorCode
  message: string
  /** What the person can do about it; null when nothing better than the message is known. */
  advice: string | null
}

export class AppError extends Error {
  readonly code: ErrorCode
  readonly advice: string | null

  constructor(code: ErrorCode, message: string, advice: string | null = null, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'AppError'
    this.code = code
    this.advice = advice
  }

  toJson(): ErrorJson {
    return { code: this.code, message: this.message, advice: this.advice }
  }

  static fromJson(json: ErrorJson): AppError {
    return new AppError(json.code, json.message, json.advice)
  }

  /** Wraps anything thrown. A full disk is recognised by its system code, because every writer can meet it. */
  static from(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown
    const cause = thrown instanceof Error ? thrown : new Error(String(thrown))
    if (cause.name === 'AbortError') return new AppError('cancelled', 'The work was cancelled.', null, { cause })
    const systemCode = (cause as { code?: unknown }).code
    if (systemCode === 'ENOSPC' || /database or disk is full/i.test(cause.message)) {
      return new AppError('disk-full', 'The disk is full; nothing was changed.', 'Free some space, then try again.', { cause })
    }
    return new AppError('internal', cause.message || 'An unexpected error occurred.', null, { cause })
  }
}
