// Opens the engine inside this process, for commands and for the browser host.
import { basename, join } from 'node:path'
import { dataFolder } from '../dataFolder'
import { createEngine, createEngineClient } from '../engine/engine'
import { createStore } from '../engine/store/openStore'
import { isProjectDir } from '../engine/store/projectFiles'
import type { OpenEngine } from './session'

/** `outDir` is the folder of the build: `out`. */
export const createOpenEngine = (outDir: string): OpenEngine => async (options) => {
  const { projectDir, createIfMissing = false } = options
  if (createIfMissing && projectDir !== null && !isProjectDir(projectDir)) createStore(projectDir, { name: basename(projectDir), isSample: false }).close()
  const engine = await createEngine({
    projectDir,
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
      drawingFile: async (drawingId) => engine.services.drawings.file(drawingId),
      arrayFile: async (arrayId) => engine.services.arrays.file(arrayId),
      addQueryImage: (bytes) => engine.services.images.addQueryImage(bytes),
    },
    tokenForPath: (path) => engine.services.picker.tokenForPath(path),
    close: () => engine.close(),
  }
}
