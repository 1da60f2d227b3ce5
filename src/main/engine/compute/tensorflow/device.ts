// The linked TensorFlow as one more device: nothing where none is linked.
import { cpus, totalmem } from 'node:os'
import type { FoundDevice } from '../thread/protocol'
import { readTensorflowLink, tensorflowDeviceId, type TensorflowLink } from './link'

export function tensorflowDevices(link: TensorflowLink | null = readTensorflowLink()): FoundDevice[] {
  if (!link) return []
  const { version, usesGpu, missing } = link
  const place = usesGpu ? (link.cardName ?? 'NVIDIA card') : (cpus()[0]?.model.trim() || 'processor')
  return [{
    id: tensorflowDeviceId, kind: usesGpu ? 'cuda' : 'cpu', name: `TensorFlow ${version}, ${place}`, isUsable: missing === null,
    reason: missing === null ? null : `${missing} is gone. Run \`npm run tensorflow:link\` again.`, memoryBytes: usesGpu ? link.cardBytes : totalmem(),
  }]
}
