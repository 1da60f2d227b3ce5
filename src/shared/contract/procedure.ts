// The form of every procedure: an input schema, an output schema, and one doc line that the tests require.
import { oc } from '@orpc/contract'
import type { z } from 'zod'

export interface ProcedureMeta {
  /** One sentence for people: what the procedure does. */
  doc: string
}

const base = oc.$meta<ProcedureMeta>({ doc: '' })

export function procedure<I extends z.ZodType, O extends z.ZodType>(doc: string, input: I, output: O) {
  return base.meta({ doc }).input(input).output(output)
}

/** A procedure whose output is a stream of events (`eventIterator(schema)` from oRPC). */
export const streamProcedure = (doc: string) => base.meta({ doc })
