// Whatever a command threw, as the error that a person is shown. Errors of the contract carry the AppError as data.
import { ORPCError } from '@orpc/client'
import { CommanderError } from 'commander'
import { AppError, errorCodes, type ErrorCode } from '@shared/errors'

const isErrorCode = (code: unknown): code is ErrorCode => errorCodes.some((known) => known === code)

export function readError(thrown: unknown): AppError {
  if (thrown instanceof CommanderError) return new AppError('bad-input', thrown.message)
  if (!(thrown instanceof ORPCError)) return AppError.from(thrown)
  const { message, advice } = (thrown.data ?? {}) as { message?: unknown; advice?: unknown }
  const code = isErrorCode(thrown.code) ? thrown.code : 'internal'
  return new AppError(code, typeof message === 'string' ? message : thrown.message, typeof advice === 'string' ? advice : null, { cause: thrown })
}
