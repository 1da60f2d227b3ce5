/** A picture in memory: 8-bit sRGB, three bytes a pixel, rows from the top, no padding. */
export interface RgbImage {
  width: number
  height: number
  /** width × height × 3 bytes. */
  data: Uint8Array
}
