// Finds a port: the one that was asked for, or the first free one from the default upwards.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '@shared/errors'

/** Between the registered services and the ports that systems hand out by themselves. */
export const defaultPort = 7411
const portsToTry = 50

function listenOnce(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** `port` null tries the default and the ones after it; 0 takes any free port. Gives the port. */
export async function listen(server: Server, host: string, port: number | null): Promise<number> {
  const first = port ?? defaultPort
  const last = port === null ? first + portsToTry - 1 : first
  for (let candidate = first; candidate <= last; candidate++) {
    try {
      return await listenOnce(server, host, candidate)
    } catch (thrown) {
      const code = (thrown as NodeJS.ErrnoException).code
      if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
        throw new AppError('bad-input', `This computer has no address ${host}.`, 'Leave --host out, or give an address of this computer.', { cause: thrown })
      }
      if (code === 'EACCES') {
        throw new AppError('conflict', `Port ${candidate} may not be used by this account.`, 'Choose a port above 1023.', { cause: thrown })
      }
      if (code !== 'EADDRINUSE') throw thrown
    }
  }
  throw port === null
    ? new AppError('conflict', `The ports ${first} to ${last} are all taken.`, 'Name a free one with --port.')
    : new AppError('conflict', `Port ${port} is taken by another program.`, 'Choose another port, or leave --port out to get a free one.')
}
