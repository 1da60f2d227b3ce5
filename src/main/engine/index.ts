// Entry of the engine process under Electron (a utility process: plain Node with a port to its parent). Serves the
// contract on every port that comes, answers the host's own requests, and closes when told to.
import { RPCHandler } from '@orpc/server/message-port'
import { RequestHeadersPlugin } from '@orpc/server/plugins'
import type { SupportedMessagePort } from '@orpc/client/message-port'
import { AppError } from '../../shared/errors'
import { createEngine, type Engine } from './engine'
import type { EngineArguments, FromEngine, HostRequestName, HostRequests, ToEngine } from './hostChannel'

/** The parts of Electron's port that are used here; its types are not imported, because the engine is plain Node. */
type EnginePort = SupportedMessagePort & { start(): void }

interface ParentPort {
  on(event: 'message', listener: (message: { data: ToEngine; ports: EnginePort[] }) => void): void
  postMessage(message: FromEngine): void
}

const parentPort = (process as NodeJS.Process & { parentPort?: ParentPort }).parentPort

async function answer(engine: Engine, name: HostRequestName, input: unknown): Promise<HostRequests[HostRequestName]['output']> {
  const { images, drawings, arrays, picker } = engine.services
  switch (name) {
    case 'imageFile': {
      const { imageId, size } = input as HostRequests['imageFile']['input']
      return images.imageFile(imageId, size)
    }
    case 'queryImageFile':
      return images.queryImageFile((input as HostRequests['queryImageFile']['input']).queryImageId)
    case 'drawingFile':
      return drawings.file((input as HostRequests['drawingFile']['input']).drawingId)
    case 'arrayFile':
      return arrays.file((input as HostRequests['arrayFile']['input']).arrayId)
    case 'addQueryImage':
      return { queryImageId: await images.addQueryImage((input as HostRequests['addQueryImage']['input']).bytes) }
    case 'tokenForPath':
      return { token: picker.tokenForPath((input as HostRequests['tokenForPath']['input']).path) }
  }
}

/** Messages may come before the engine is ready; they wait for it. */
export function serveHost(port: ParentPort, opening: Promise<Engine>, exit: (code: number) => void): void {
  const handlers = opening.then((engine) => ({ engine, rpc: new RPCHandler(engine.router, { plugins: [new RequestHeadersPlugin()] }) }))
  handlers.then(() => port.postMessage({ kind: 'ready' }), (thrown: unknown) => {
    port.postMessage({ kind: 'failed', error: AppError.from(thrown).toJson() })
    // The message leaves the process before the exit does.
    setTimeout(() => exit(1), 50)
  })

  port.on('message', ({ data, ports }) => {
    void handlers.then(async ({ engine, rpc }) => {
      if (data.kind === 'connect') {
        for (const clientPort of ports) {
          rpc.upgrade(clientPort, { context: {} })
          clientPort.start()
        }
      } else if (data.kind === 'close') {
        await engine.close().catch((thrown: unknown) => console.error(thrown))
        exit(0)
      } else {
        const { id, name, input } = data
        await answer(engine, name, input).then(
          (output) => port.postMessage({ kind: 'answer', id, output }),
          (thrown: unknown) => port.postMessage({ kind: 'refusal', id, error: AppError.from(thrown).toJson() }),
        )
      }
    }, () => undefined)
  })
}

if (parentPort) {
  const options = JSON.parse(process.argv[2] ?? '{}') as EngineArguments
  serveHost(parentPort, createEngine({ ...options, host: 'electron' }), (code) => process.exit(code))
}
