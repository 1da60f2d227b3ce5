// Finds commands whose label holds every typed word; labels that begin with the query come first.
import type { Command } from '@renderer/stores/commands'

export function rankCommands(commands: readonly Command[], query: string): Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const start = words.join(' ')
  const isMatch = (command: Command): boolean => words.every((word) => `${command.label} ${command.group}`.toLowerCase().includes(word))
  const rank = (command: Command): number => (command.label.toLowerCase().startsWith(start) ? 0 : command.label.toLowerCase().includes(start) ? 1 : 2)
  return commands.filter(isMatch).sort((a, b) => rank(a) - rank(b))
}
