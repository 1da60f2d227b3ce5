export declare function findElectron(root: string, environment?: Record<string, string | undefined>): string | null
export declare function hasDisplay(platform?: string, environment?: Record<string, string | undefined>): boolean
export declare function isRoot(): boolean
export declare function fetchElectron(root: string): string | null
export declare function prepareElectron(root: string, options?: {
  mayFetch?: boolean
  platform?: string
  environment?: Record<string, string | undefined>
}): { binary: string; reason?: undefined } | { binary?: undefined; reason: string }
