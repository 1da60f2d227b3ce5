// What the compute thread does with whole models: in, out, and new ones. Weights never cross to the engine's own thread.
import { exportModel, type ExportRequest, type ExportResult } from '../export/exportModel'
import { blendModels, type BlendRequest } from '../library/blendModels'
import { createModel, type CreateRequest } from '../library/createModel'
import { importModel, type ImportRequest, type ImportResult } from '../library/importModel'

export interface PhaseEvent { kind: 'phase'; phase: string; done: number; total: number | null }

export interface ModelMethods {
  importModel: { request: ImportRequest; result: ImportResult; event: PhaseEvent }
  exportModel: { request: ExportRequest; result: ExportResult; event: PhaseEvent }
  createModel: { request: CreateRequest; result: { parameterCount: number }; event: never }
  /** Writes (1 − amount)·base + amount·tuned as a model folder. */
  blendModels: { request: BlendRequest; result: { parameterCount: number }; event: never }
}

interface Context { signal: AbortSignal; emit(event: PhaseEvent): void }

export const modelHandlers = {
  importModel: (request: ImportRequest, { signal, emit }: Context): Promise<ImportResult> =>
    importModel(request, (phase) => emit({ kind: 'phase', phase, done: 0, total: null }), signal),

  exportModel: (request: ExportRequest, { signal, emit }: Context): Promise<ExportResult> =>
    exportModel(request, (phase, done, total) => emit({ kind: 'phase', phase, done, total }), signal),

  createModel: (request: CreateRequest): Promise<{ parameterCount: number }> => createModel(request),

  blendModels: (request: BlendRequest): Promise<{ parameterCount: number }> => blendModels(request),
}
