// Whatever a call throws, as the error a person is shown. Engine errors arrive as ORPCError with the AppError as data.
import { ORPCError } from '@orpc/client'
import { AppError, errorCodes, type ErrorCode } from '@shared/errors'

const isErrorCode = (code: unknown): code is ErrorCode => errorCodes.some((known) => known === code)

export function readError(thrown: unknown): AppError {
  if (thrown instanceof ORPCError) {
    const data = (thrown.data ?? {}) as { code?: unknown; message?: unknown; advice?: unknown }
    return new AppError(
      isErrorCode(data.code) ? data.code : isErrorCode(thrown.code) ? thrown.code : 'internal',
      typeof data.message === 'string' ? data.message : thrown.message,
      typeof data.advice === 'string' ? data.advice : null,
      { cause: thrown },
    )
  }
  return AppError.from(thrown)
}
