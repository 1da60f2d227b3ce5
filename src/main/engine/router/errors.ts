// One middleware for every procedure: whatever a service throws becomes an oRPC error that keeps the stable code, the
// message and the advice. Input that does not fit its schema becomes 'bad-input' with a sentence about each wrong field.
import { ORPCError, ValidationError } from '@orpc/server'
import { AppError, type ErrorCode } from '../../../shared/errors'

/** What `error.data` holds on the client. */
export interface ErrorData {
  advice: string | null
}

// For hosts that speak HTTP. Whatever the studio itself is to blame for is a 5xx.
const statusOfCode: Partial<Record<ErrorCode, number>> = {
  'not-found': 404,
  conflict: 409,
  'project-locked': 409,
  cancelled: 499,
  unauthorised: 401,
  'disk-full': 507,
  'out-of-memory': 507,
  'device-failed': 500,
  internal: 500,
}

export function toOrpcError(thrown: unknown, path: readonly string[]): ORPCError<ErrorCode, ErrorData> {
  const error = isBadInput(thrown) ? badInput(thrown.cause, path) : AppError.from(thrown)
  return new ORPCError(error.code, {
    status: statusOfCode[error.code] ?? 400,
    message: error.message,
    data: { advice: error.advice },
    cause: thrown,
  })
}

type BadInput = ORPCError<'BAD_REQUEST', unknown> & { cause: ValidationError }

/** oRPC reports input that fails its schema as BAD_REQUEST; an answer that fails its schema stays an internal error. */
function isBadInput(thrown: unknown): thrown is BadInput {
  return thrown instanceof ORPCError && thrown.code === 'BAD_REQUEST' && thrown.cause instanceof ValidationError
}

function badInput(error: ValidationError, path: readonly string[]): AppError {
  const shown = error.issues.slice(0, 3).map((issue) => {
    const field = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    return field ? `“${field}”: ${issue.message}` : issue.message
  })
  const rest = error.issues.length - shown.length
  const message = `${path.join('.')} was called with wrong input: ${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}.`
  return new AppError('bad-input', message, 'Correct the named fields, then try again.', { cause: error })
}
