// Exit codes, so that scripts can tell a typing error from a failed job. Listed in `fuselip --help`.
import type { AppError, ErrorCode } from '@shared/errors'

export const exitCodes = { done: 0, failed: 1, usage: 2, notFound: 3, conflict: 4, cancelled: 130 } as const

const ofError: Partial<Record<ErrorCode, number>> = {
  'bad-input': exitCodes.usage,
  'unknown-column': exitCodes.usage,
  'not-found': exitCodes.notFound,
  'conflict': exitCodes.conflict,
  'project-locked': exitCodes.conflict,
  'newer-project': exitCodes.conflict,
  'cancelled': exitCodes.cancelled,
}

export const exitCodeOf = (error: AppError): number => ofError[error.code] ?? exitCodes.failed
