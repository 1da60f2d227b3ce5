// The engine process as Electron provides it: a utility process, which is plain Node under Electron's supervision.
import { MessageChannelMain, type MessagePortMain, utilityProcess } from 'electron'
import type { EngineArguments, FromEngine } from '../engine/hostChannel'
import type { ChildProcess } from './engineProcess'

export function forkEngine(script: string, engineArguments: EngineArguments): ChildProcess<MessagePortMain> {
  const child = utilityProcess.fork(script, [JSON.stringify(engineArguments)], { serviceName: 'FuseLIP engine', stdio: 'inherit' })
  return {
    postMessage: (message, transfer = []) => child.postMessage(message, transfer),
    kill: () => child.kill(),
    onMessage: (listener) => child.on('message', (message: FromEngine) => listener(message)),
    onExit: (listener) => child.on('exit', listener),
  }
}

export const createChannel = (): { port1: MessagePortMain; port2: MessagePortMain } => new MessageChannelMain()
