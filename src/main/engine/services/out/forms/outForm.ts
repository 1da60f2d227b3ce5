// The one interface behind every form of data that leaves the library.
import type { DataExportOptions, DataForm } from '../../../../../shared/contract/exports'
import type { OutPair } from '../outPair'
import type { PictureOutput } from '../pictureOutput'

export interface FormWriter {
  /** @throws BrokenPicture before anything of the pair is written */
  write(pair: OutPair): Promise<void>
  finish(): Promise<void>
  /** Lets go of open files; for exports that end before their time. */
  abandon(): Promise<void>
}

export interface OutForm {
  readonly form: DataForm
  /** False for pairs that the form has no place for; they are counted and left out. */
  canHold(pair: OutPair, options: DataExportOptions): boolean
  /** @param folder empty, becomes the export */
  open(folder: string, pictures: PictureOutput, options: DataExportOptions): Promise<FormWriter>
}
