// The Electron bridge, or null in a browser. A function, so that tests can put their own on `window`.
import type { StudioBridge } from '@shared/bridge'

export const useBridge = (): StudioBridge | null => window.studio ?? null
