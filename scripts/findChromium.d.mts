export declare const advice: string
export declare function findChromium(environment?: Record<string, string | undefined>): string
