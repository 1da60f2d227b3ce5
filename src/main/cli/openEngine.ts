// Opens the engine inside this process, for commands and for the browser host.
import { join } from 'node:path'
import { dataFolder } from '../dataFolder'
import { createEngine, createEngineClient } from '../engine/engine'
import type { OpenEngine } from './session'

/** `outDir` is the folder of the build: `out`. */
export const createOpenEngine = (outDir: string): OpenEngine => async (options) => {
  const engine = await createEngine({
    projectDir: options.projectDir,
    dataDir: options.dataDir ?? dataFolder(process.env),
    resourcesDir: join(outDir, '..', 'resources'),
    computeScript: join(outDir, 'main', 'compute.js'),
    host: options.host,
  })
  return {
    client: createEngineClient(engine),
    router: engine.router,
    // Looked up on each call: opening another project replaces the services.
    media: {
      imageFile: (imageId, size) => engine.services.images.imageFile(imageId, size),
      queryImageFile: async (queryImageId) => engine.services.images.queryImageFile(queryImageId),
      addQueryImage: (bytes) => engine.services.images.addQueryImage(bytes),
    },
    tokenForPath: (path) => engine.services.picker.tokenForPath(path),
    close: () => engine.close(),
  }
}
