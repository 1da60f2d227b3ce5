// Answers of the browser host. Every one carries the security headers, errors too.
import type { ServerResponse } from 'node:http'
import { securityHeaders } from '@shared/contentPolicy'
import { AppError, type ErrorCode } from '@shared/errors'

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  'bad-input': 400,
  'unauthorised': 401,
  'not-found': 404,
  'conflict': 409,
  'unreadable-image': 415,
  'unreadable-file': 415,
  'disk-full': 507,
}

export const statusOf = (error: AppError): number => statusOfCode[error.code] ?? 500

export function send(response: ServerResponse, status: number, contentType: string, body: string | Buffer, headers: Record<string, string> = {}): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    ...securityHeaders,
    'Cache-Control': 'no-store',
    ...headers,
    'Content-Type': contentType,
    'Content-Length': String(Buffer.byteLength(body)),
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(value), headers)
}

export function sendError(response: ServerResponse, thrown: unknown, status?: number, headers: Record<string, string> = {}): void {
  const error = AppError.from(thrown)
  sendJson(response, status ?? statusOf(error), error.toJson(), headers)
}
