// Offers commands in the palette for as long as a component is mounted.
import { onScopeDispose } from 'vue'
import { useCommandsStore, type Command } from '@renderer/stores/commands'

export function useCommands(commands: Command[]): void {
  onScopeDispose(useCommandsStore().add(commands))
}
