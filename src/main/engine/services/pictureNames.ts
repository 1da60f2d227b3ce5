// Which file names look like pictures that can be read here.
import { extname } from 'node:path'
import type { ImageFormat } from '../store/imageStore'

const formatByExtension: Record<string, ImageFormat> = {
  '.jpg': 'jpeg', '.jpeg': 'jpeg', '.jpe': 'jpeg', '.jfif': 'jpeg', '.png': 'png', '.webp': 'webp', '.gif': 'gif', '.tif': 'tiff', '.tiff': 'tiff', '.avif': 'avif',
}

export const isPictureName = (name: string): boolean => Object.hasOwn(formatByExtension, extname(name).toLowerCase())

/** Browsers show all of them but TIFF. */
export const contentTypes: Record<ImageFormat, string> = {
  jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', gif: 'image/gif', tiff: 'image/tiff', avif: 'image/avif',
}
