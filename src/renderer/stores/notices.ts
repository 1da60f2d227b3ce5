// Short messages in the corner. An error stays until it is closed; anything else leaves by itself.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { readError } from '@renderer/api/readError'

export interface Notice {
  id: number
  tone: 'plain' | 'good' | 'bad'
  title: string
  text: string | null
  action: { label: string; run: () => void } | null
}

const stayMs = 4500

export const useNoticesStore = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let nextId = 1

  function show(notice: Partial<Omit<Notice, 'id'>> & { title: string }): number {
    const id = nextId++
    const full: Notice = { tone: 'plain', text: null, action: null, ...notice, id }
    notices.value = [...notices.value.filter((other) => other.title !== full.title), full].slice(-4)
    if (full.tone !== 'bad') setTimeout(() => close(id), stayMs)
    return id
  }

  /** Shows whatever a call threw. A cancelled call is what the person asked for, so it says nothing. */
  function showError(thrown: unknown): void {
    const error = readError(thrown)
    if (error.code !== 'cancelled') show({ tone: 'bad', title: error.message, text: error.advice })
  }

  /** Runs work and shows its error; gives null when it failed. */
  async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (thrown) {
      showError(thrown)
      return null
    }
  }

  function close(id: number): void {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }

  return { notices, show, showError, attempt, close }
})
