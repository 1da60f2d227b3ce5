// What the command palette offers. The shell adds the views; each view adds its own actions while it is open.
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { Component } from 'vue'

export interface Command {
  id: string
  label: string
  group: string
  icon?: Component
  keys?: string
  run: () => void | Promise<void>
}

export const useCommandsStore = defineStore('commands', () => {
  const commands = shallowRef<Command[]>([])

  /** Adds commands and gives the function that takes them away again. */
  function add(added: Command[]): () => void {
    commands.value = [...commands.value, ...added]
    return () => { commands.value = commands.value.filter((command) => !added.includes(command)) }
  }

  return { commands, add }
})
