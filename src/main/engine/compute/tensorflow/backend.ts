// tfjs's `tensorflow` backend from the linked binding: loaded at its first use, because the library has 750 MiB.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { AppError } from '../../../../shared/errors'
import { readTensorflowLink } from './link'

const backendName = 'tensorflow'

interface BackendModule {
  NodeJSKernelBackend: new (binding: unknown, packageName: string) => tf.KernelBackend
}

/** Where the adapted package looks for tfjs-core (scripts/tensorflow/nodeBinding.mjs), so that there is only one. */
const coreSymbol = Symbol.for('fuselip.tfjs-core')

/** @throws AppError 'device-failed' where nothing is linked or the library cannot be loaded */
export function loadTensorflow(): void {
  if (tf.findBackendFactory(backendName) !== null) return
  const link = readTensorflowLink()
  if (!link || link.missing !== null) {
    throw new AppError('device-failed', link ? `TensorFlow was linked, but ${link.missing} is gone.` : 'No TensorFlow is linked.', 'Run `npm run tensorflow:link`, or choose another device in Settings.')
  }
  try {
    Object.assign(globalThis, { [coreSymbol]: tf })
    const load = createRequire(join(link.bindingDir, 'dist', 'index.js'))
    load('./register_all_kernels.js')
    const { NodeJSKernelBackend } = load('./nodejs_kernel_backend.js') as BackendModule
    load('../quiet_start.node')
    const binding: unknown = load('../tfjs_binding.node')
    // Never the default: tfjs would choose it for the plain functions of tests and tracing as well.
    tf.registerBackend(backendName, () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'), -1)
    if (!tf.findBackend(backendName)) {
      tf.removeBackend(backendName)
      throw new Error('Its backend could not be started.')
    }
  } catch (thrown) {
    throw new AppError('device-failed', `The linked TensorFlow ${link.version} could not be loaded: ${(thrown as Error).message.split('\n')[0]}`,
      'Run `npm run tensorflow:link` again, or choose another device in Settings.', { cause: thrown })
  }
}

/** Runs `work` on this backend and forgets the tensors that it leaves and does not keep. Needs `loadTensorflow` before. */
export function onTensorflow<T>(work: () => T): T {
  const previous = tf.engine().backendName
  // A backend with a synchronous factory is active when this call returns, before the promise resolves.
  void tf.setBackend(backendName)
  tf.engine().startScope('tensorflow')
  try {
    return work()
  } finally {
    tf.engine().endScope()
    if (previous) void tf.setBackend(previous)
  }
}
