// What the command line says when the device of a run failed: how to go on with the processor.
import { expect, it } from 'vitest'
import { withWayOn } from '../../src/main/cli/commands/training'
import { AppError } from '../../src/shared/errors'

const lost = new AppError('device-failed', 'The device “webgpu” failed.', 'Try again.')

it('names the command that goes on with the processor', () => {
  expect(withWayOn(lost, { id: 7, device: 'webgpu' }).toJson()).toEqual({
    code: 'device-failed', message: 'The device “webgpu” failed.', advice: 'Try again. Continue on the processor with: fuselip train --resume 7 --device cpu',
  })
})

it('leaves other errors, and those of the processor, as they are', () => {
  expect(withWayOn(lost, { id: 7, device: 'cpu' })).toBe(lost)
  const full = new AppError('disk-full', 'The disk is full.')
  expect(withWayOn(full, { id: 7, device: 'webgpu' })).toBe(full)
})
