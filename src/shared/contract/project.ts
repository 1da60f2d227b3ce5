import { z } from 'zod'
import { procedure } from './procedure'
import { splitSchema, statusSchema } from './entities'

export const projectSchema = z.object({
  name: z.string(),
  isSample: z.boolean(),
  createdAtMs: z.number(),
  pairCount: z.number(),
  imageCount: z.number(),
  countByStatus: z.record(statusSchema, z.number()),
  countBySplit: z.record(splitSchema, z.number()),
  /** Pictures whose tokens are cached for the current tokenizer. */
  tokenizedImageCount: z.number(),
  groupCount: z.number(),
  judgementCount: z.number(),
  runCount: z.number(),
  /** The model that mining, scores and search use unless told otherwise. */
  currentModelId: z.string(),
})
export type Project = z.infer<typeof projectSchema>

export const recentProjectSchema = z.object({ projectToken: z.string(), name: z.string(), lastOpenedAtMs: z.number(), isCurrent: z.boolean() })

export const projectContract = {
  get: procedure('Tells the open project: its name and its counts.', z.object({}), projectSchema),
  listRecent: procedure('Lists projects that were opened before, newest first.', z.object({}), z.array(recentProjectSchema)),
  open: procedure('Opens another project in place of the current one.', z.object({ projectToken: z.string() }), projectSchema),
  create: procedure('Creates an empty project inside a chosen folder and opens it.', z.object({ folderToken: z.string(), name: z.string().min(1).max(120) }), projectSchema),
  rename: procedure('Changes the project name.', z.object({ name: z.string().min(1).max(120) }), projectSchema),
  setCurrentModel: procedure('Chooses the model that mining, scores and search use.', z.object({ modelId: z.string() }), projectSchema),
}
